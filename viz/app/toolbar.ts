import { drawHelp } from "../panels/help-page.ts";
import { formatCount, formatOffset, part, partOf } from "../panels/page.ts";
import { showPanel } from "../panels/panel-tabs.ts";
import { ALL_LANDMARKS, jump, step } from "./keyboard.ts";
import { PANELS } from "./view-state.ts";
import type { DetailLevel, PanelName, ViewState } from "./view-state.ts";
import type { AxisName } from "../model/axis.ts";
import type { Viewer } from "./viewer.ts";

/** Buttons and fields: each changes the view, and shows it when something else did. */
export function wireToolbar(viewer: Viewer): void {
  const { store } = viewer;
  partOf("axis", HTMLSelectElement).addEventListener("change", ({ target }) =>
    store.set({ axis: (target as HTMLSelectElement).value as AxisName }),
  );
  partOf("detail", HTMLSelectElement).addEventListener("change", ({ target }) =>
    store.set({ detail: (target as HTMLSelectElement).value as DetailLevel }),
  );
  onClick("mode-space", () => store.set({ mode: "space" }));
  onClick("mode-flat", () => store.set({ mode: "flat" }));
  onClick("theme", () => store.set({ theme: store.state.theme === "dark" ? "light" : "dark" }));
  onClick("only", () => store.set({ onlyMatches: !store.state.onlyMatches }));
  onClick("play", () => store.set({ playing: !store.state.playing }));
  onClick("step-back", () => step(viewer, -1, false));
  onClick("step-on", () => step(viewer, 1, false));
  onClick("prev-landmark", () => jump(viewer, ALL_LANDMARKS, -1));
  onClick("next-landmark", () => jump(viewer, ALL_LANDMARKS, 1));
  onClick("fit", () => store.set({ window: undefined, follow: false }));
  onClick("follow", () => store.set({ follow: !store.state.follow, playhead: undefined }));
  partOf("speed", HTMLInputElement).addEventListener("input", ({ target }) =>
    store.set({ speed: 10 ** Number((target as HTMLInputElement).value) }),
  );
  wireSearch(viewer);
  wireTabs(viewer);
  wireHelp();
  store.subscribe((state, changed) => {
    // While it plays, each picture moves the playhead and nothing else.
    if (changed.size === 1 && changed.has("playhead")) showClock(viewer, state);
    else show(viewer, state);
  });
  viewer.onShown(() => show(viewer, store.state));
  show(viewer, store.state);
}

/** After a recording came or grew: what the toolbar says of it. */
function show(viewer: Viewer, state: ViewState): void {
  press("mode-space", state.mode === "space");
  press("mode-flat", state.mode === "flat");
  press("only", state.onlyMatches);
  press("follow", state.follow);
  partOf("axis", HTMLSelectElement).value = state.axis;
  partOf("detail", HTMLSelectElement).value = state.detail;
  partOf("speed", HTMLInputElement).value = String(Math.log10(state.speed));
  part("speed-text").textContent = `×${speedText(state.speed)}`;
  const play = part("play");
  play.querySelector("path")?.setAttribute("d", state.playing ? PAUSE_PATH : PLAY_PATH);
  play.setAttribute("aria-label", state.playing ? "Pause" : "Play");
  showSearch(viewer, state);
  showPanel(state.panel);
  showClock(viewer, state);
}

const PLAY_PATH = "M3 1.5v9L10.5 6z";
const PAUSE_PATH = "M2.5 2h2.5v8H2.5zM7 2h2.5v8H7z";

export function toggleHelp(): void {
  const help = partOf("help", HTMLDialogElement);
  if (help.open) help.close();
  else help.showModal();
}

function wireSearch({ store }: Viewer): void {
  const query = partOf("query", HTMLInputElement);
  query.addEventListener("input", () => store.set({ query: query.value }));
  part("search").addEventListener("submit", (event) => event.preventDefault());
}

function showSearch(viewer: Viewer, { query }: ViewState): void {
  const field = partOf("query", HTMLInputElement);
  if (field.value !== query) field.value = query;
  const { answers } = viewer;
  const error = answers?.queryError;
  field.setAttribute("aria-invalid", String(error !== undefined));
  const found = answers === undefined ? "" : `${formatCount(answers.matchCount)} found`;
  part("matches").textContent = query.trim() === "" ? "" : (error?.message ?? found);
}

function wireTabs({ store }: Viewer): void {
  for (const [at, name] of PANELS.entries()) {
    const tab = part(`tab-${name}`);
    tab.addEventListener("click", () => store.set({ panel: name }));
    tab.addEventListener("keydown", (event) => {
      const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (by === 0) return;
      event.preventDefault();
      const next = PANELS[(at + by + PANELS.length) % PANELS.length] as PanelName;
      store.set({ panel: next });
      part(`tab-${next}`).focus();
    });
  }
  part("skip").addEventListener("click", (event) => {
    event.preventDefault();
    store.set({ panel: "table" });
    part("table-scroll").focus();
  });
}

function wireHelp(): void {
  drawHelp(part("help-body"));
  onClick("help-open", toggleHelp);
  onClick("help-close", toggleHelp);
}

/** Where the playhead stands, or what the window spans. */
function showClock(viewer: Viewer, state: ViewState): void {
  const { recording, window, bounds } = viewer;
  if (recording === undefined) return;
  const origin = recording.index.from;
  const span = formatOffset(window.to - window.from).slice(1);
  const now = state.playhead === undefined ? undefined : formatOffset(state.playhead - origin);
  part("clock").textContent = `${now ?? formatOffset(window.from - origin)}\nshows ${span}`;
  const strip = part("strip");
  const share = ((state.playhead ?? window.to) - bounds.from) / (bounds.to - bounds.from);
  strip.setAttribute("aria-valuenow", String(Math.round(share * 1000)));
  strip.setAttribute("aria-valuetext", now ?? `window of ${span}`);
}

/** Of the whole recording. */
const STRIP_STEPS: Readonly<Record<string, number>> = {
  ...{ ArrowRight: 0.01, ArrowLeft: -0.01, PageUp: 0.1, PageDown: -0.1 },
  ...{ Home: -1, End: 1 },
};

export function wireStrip(viewer: Viewer): void {
  const strip = part("strip");
  const { store } = viewer;
  let grab: { readonly windowFrom: number; readonly at: number } | undefined;
  const timeAt = (event: PointerEvent): number => {
    const { left, width } = strip.getBoundingClientRect();
    const { from, to } = viewer.bounds;
    return from + Math.min(1, Math.max(0, (event.clientX - left) / width)) * (to - from);
  };
  strip.addEventListener("pointerdown", (event) => {
    strip.setPointerCapture(event.pointerId);
    const at = timeAt(event);
    const { window } = viewer;
    const whole = store.state.window === undefined;
    // Inside a window it is taken along; elsewhere it is called here.
    if (!whole && event.shiftKey) grab = { windowFrom: window.from, at };
    else scrub(viewer, at);
  });
  strip.addEventListener("pointermove", (event) => {
    if (!strip.hasPointerCapture(event.pointerId)) return;
    const at = timeAt(event);
    if (grab === undefined) scrub(viewer, at);
    else {
      const span = viewer.window.to - viewer.window.from;
      const from = Math.min(
        Math.max(viewer.bounds.from, grab.windowFrom + at - grab.at),
        viewer.bounds.to - span,
      );
      store.set({ window: { from, to: from + span }, follow: false });
    }
  });
  strip.addEventListener("pointerup", () => {
    grab = undefined;
  });
  strip.addEventListener("keydown", (event) => {
    const by = STRIP_STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const { from, to } = viewer.bounds;
    scrub(viewer, (store.state.playhead ?? from) + by * (to - from));
  });
}

function scrub(viewer: Viewer, time: number): void {
  const { bounds, window, store } = viewer;
  const playhead = Math.min(bounds.to, Math.max(bounds.from, time));
  const inside = playhead >= window.from && playhead <= window.to;
  const span = window.to - window.from;
  const from = Math.min(Math.max(bounds.from, playhead - span / 2), bounds.to - span);
  store.set({ playhead, follow: false, ...(inside ? {} : { window: { from, to: from + span } }) });
}

function speedText(speed: number): string {
  if (speed >= 10) return String(Math.round(speed));
  return speed >= 1 ? speed.toFixed(1).replace(/\.0$/, "") : speed.toFixed(2);
}

function press(id: string, pressed: boolean): void {
  part(id).setAttribute("aria-pressed", String(pressed));
}

function onClick(id: string, action: () => void): void {
  part(id).addEventListener("click", action);
}
