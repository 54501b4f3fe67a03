import type { Recording } from "../model/recording.ts";
import type { Axis } from "../model/axis.ts";
import { niceStep, sceneX, tickValues } from "../scene/axis-scale.ts";
import type { CameraRig } from "../scene/camera-rig.ts";
import type { LaneLayout, LanePlace } from "../scene/lane-layout.ts";
import { HALF_LENGTH, RING_RADIUS } from "../scene/lane-layout.ts";
import type { ThemeName } from "../scene/themes.ts";
import { HEALTH_LOOKS, shapeIcon } from "./mark-icon.ts";
import { formatCount, formatOffset, make } from "./page.ts";

export interface LabelScene {
  readonly recording: Recording;
  readonly axis: Axis;
  readonly lanes: LaneLayout;
  readonly rig: CameraRig;
  readonly theme: ThemeName;
  /** Health is told as of then. */
  readonly now: number;
  readonly width: number;
  readonly height: number;
}

/** Names closer than this would lie on one another. */
const LABEL_HEIGHT_PX = 19;
const TICK_GAP_PX = 96;
/** With more lanes than this, clients go without names until there is room. */
const NAMED_LANES_MAX = 40;
const NAMED_CLIENTS_MAX = 2;

/** Names of lanes with their health, and the axis' ticks: text over the picture. */
export class LaneLabels {
  readonly #root: HTMLElement;
  #drawn = "";

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  /** Touches the page only when something about them changed: while it plays, that is seldom. */
  draw(scene: LabelScene): void {
    const { axis, rig, lanes, theme, width, height, recording, now } = scene;
    const healths = recording.laneOrder.map((lane) => recording.health.at(lane, now));
    const drawn = JSON.stringify([
      ...[axis.name, axis.from, axis.to, rig.pose, lanes.mode, theme, width, height],
      ...[recording.version, healths],
    ]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#root.replaceChildren(...laneLabels(scene), ...tickLabels(scene));
  }

  clear(): void {
    this.#root.replaceChildren();
  }
}

interface PlacedLabel {
  readonly element: HTMLElement;
  left: number;
  top: number;
}

function laneLabels(scene: LabelScene): HTMLElement[] {
  const { recording, lanes, rig } = scene;
  const { named, unnamed } = chooseNamed(recording, lanes.mode);
  const placed: PlacedLabel[] = named.map((lane) => {
    const place = lanes.places[lane] as LanePlace;
    const element = laneLabel(scene, lane);
    return { element, ...rig.project(-HALF_LENGTH, place.y, place.z) };
  });
  const inside =
    unnamed.length > 0 && lanes.mode === "space"
      ? `${unnamed.length} clients · entries`
      : "certified entries";
  placed.push({
    element: make(
      "span",
      { class: "lane-label", data: { lane: "entries" } },
      make("span", { class: "role", text: inside }),
    ),
    ...rig.project(-HALF_LENGTH, lanes.entries.y, lanes.entries.z),
  });
  spreadOut(placed, scene.height);
  return placed.map(({ element, left, top }) => {
    element.style.transform = `translate(max(4px, calc(${left - 10}px - 100%)), calc(${top}px - 50%))`;
    return element;
  });
}

/** In space the clients lie close together inside the ring: beyond a few they bear one name. */
function chooseNamed(
  recording: Recording,
  mode: LaneLayout["mode"],
): { readonly named: readonly number[]; readonly unnamed: readonly number[] } {
  const { lanes } = recording.table.authors;
  const isClient = (lane: number): boolean => lanes[lane]?.role === "client";
  const all = recording.laneOrder.slice(0, NAMED_LANES_MAX);
  const clients = all.filter(isClient);
  if (mode === "flat" || clients.length <= NAMED_CLIENTS_MAX) return { named: all, unnamed: [] };
  return { named: all.filter((lane) => !isClient(lane)), unnamed: clients };
}

function laneLabel({ recording, theme, now }: LabelScene, lane: number): HTMLElement {
  const { name, role } = recording.table.authors.lanes[lane]!;
  const health = recording.health.at(lane, now);
  const element = make("span", { class: "lane-label", data: { lane: name, health, role } });
  if (role === "replica") element.append(shapeIcon(...HEALTH_LOOKS[health], theme));
  element.append(make("span", { class: role === "replica" ? "name" : "role", text: name }));
  if (role === "replica" && health !== "up" && health !== "unknown") {
    const text = health === "outside" ? "no member" : health;
    element.append(make("span", { class: "role", text }));
  }
  return element;
}

/** From top to bottom, each moved down until it touches none above it. */
function spreadOut(labels: PlacedLabel[], height: number): void {
  const sorted = labels.sort((a, b) => a.top - b.top);
  let last = Number.NEGATIVE_INFINITY;
  for (const label of sorted) {
    label.top = Math.max(label.top, last + LABEL_HEIGHT_PX);
    last = label.top;
  }
  // What was pushed out below moves up again.
  let next = height - 8;
  for (const label of sorted.toReversed()) {
    label.top = Math.min(label.top, next);
    next = label.top - LABEL_HEIGHT_PX;
  }
  for (const label of labels) label.left = Math.max(label.left, 136);
}

function tickLabels(scene: LabelScene): HTMLElement[] {
  const { axis, rig, lanes } = scene;
  const baseY = lanes.mode === "space" ? -RING_RADIUS * 1.12 : lanes.entries.y - 0.2;
  const from = rig.project(-HALF_LENGTH, baseY, 0);
  const to = rig.project(HALF_LENGTH, baseY, 0);
  const length = Math.hypot(to.left - from.left, to.top - from.top);
  const origin = axisOrigin(scene);
  const count = Math.max(2, Math.floor(length / TICK_GAP_PX));
  return tickValues(axis.from - origin, axis.to - origin, count).map((value) => {
    const at = rig.project(sceneX(axis, value + origin), baseY, 0);
    const element = make("span", { class: "tick-label", text: tickText(scene, value) });
    element.style.transform = `translate(calc(${at.left}px - 50%), ${at.top + 3}px)`;
    return element;
  });
}

/** Times are told from the recording's beginning. */
function axisOrigin({ axis, recording }: LabelScene): number {
  if (axis.name === "time") return recording.index.from;
  return axis.name === "wall" ? Math.floor(recording.index.from) : 0;
}

function tickText(scene: LabelScene, value: number): string {
  const { axis } = scene;
  if (axis.name !== "time" && axis.name !== "wall") return formatCount(value);
  const step = niceStep((axis.to - axis.from) / 8);
  if (Math.abs(value) < step / 1000) return "0";
  return step >= 1000 ? `+${(value / 1000).toFixed(0)} s` : formatOffset(value);
}
