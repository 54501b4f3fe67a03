import { AXES } from "../model/axis.ts";
import { DETAILS, PANELS, SPEED_MAX, SPEED_MIN, VIEW_DEFAULT } from "./view-state.ts";
import type { ViewState } from "./view-state.ts";

/**
 * A view as the part of an address behind `#`: only what differs from the default, so that links
 * stay short. `preferred` is what holds where the link says nothing.
 */
export function encodeLink(state: ViewState, preferred: ViewState = VIEW_DEFAULT): string {
  const link = new URLSearchParams();
  const put = (name: string, value: string | undefined, usual: string | undefined): void => {
    if (value !== undefined && value !== usual) link.set(name, value);
  };
  const { window, pose } = state;
  put("t", window === undefined ? undefined : `${round(window.from)}..${round(window.to)}`, "");
  put("axis", state.axis, preferred.axis);
  put("mode", state.mode, preferred.mode);
  put("cam", poseText(pose), poseText(preferred.pose));
  put("at", state.playhead === undefined ? undefined : String(round(state.playhead)), undefined);
  put("speed", String(state.speed), String(preferred.speed));
  put("event", state.selected, undefined);
  put("cone", String(state.cone), String(preferred.cone));
  put("q", state.query, "");
  put("only", String(state.onlyMatches), String(preferred.onlyMatches));
  put("theme", state.theme, preferred.theme);
  put("detail", state.detail, preferred.detail);
  put("panel", state.panel, preferred.panel);
  return link.toString();
}

/** Whatever is missing or makes no sense keeps its default: links are typed and cut off. */
export function decodeLink(text: string, preferred: ViewState = VIEW_DEFAULT): ViewState {
  const link = new URLSearchParams(text.replace(/^#/, ""));
  const one = <T extends string>(name: string, choices: readonly T[], usual: T): T =>
    choices.find((choice) => choice === link.get(name)) ?? usual;
  const truth = (name: string, usual: boolean): boolean =>
    link.has(name) ? link.get(name) === "true" : usual;
  const speed = number(link.get("speed"));
  return {
    ...preferred,
    window: windowOf(link.get("t")),
    axis: one("axis", AXES, preferred.axis),
    mode: one("mode", ["space", "flat"], preferred.mode),
    pose: poseOf(link.get("cam")) ?? preferred.pose,
    playhead: number(link.get("at")),
    speed: speed === undefined ? preferred.speed : Math.min(SPEED_MAX, Math.max(SPEED_MIN, speed)),
    selected: link.get("event") ?? undefined,
    cone: truth("cone", preferred.cone),
    query: link.get("q") ?? "",
    onlyMatches: truth("only", preferred.onlyMatches),
    theme: one("theme", ["dark", "light"], preferred.theme),
    detail: one("detail", DETAILS, preferred.detail),
    panel: one("panel", PANELS, preferred.panel),
  };
}

function windowOf(text: string | null): ViewState["window"] {
  const [from, to] = (text ?? "").split("..").map(number);
  return from !== undefined && to !== undefined && to > from ? { from, to } : undefined;
}

function poseText({ azimuth, elevation, distance }: ViewState["pose"]): string {
  return [round(azimuth), round(elevation), round(distance)].join(",");
}

function poseOf(text: string | null): ViewState["pose"] | undefined {
  const [azimuth, elevation, distance] = (text ?? "").split(",").map(number);
  if (azimuth === undefined || elevation === undefined || distance === undefined) return undefined;
  return { azimuth, elevation, distance };
}

function number(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined || text === "") return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** A thousandth of a millisecond, and of a degree, is finer than anybody sees. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
