import { LANDMARKS, findLandmark, panWindow, stepEvent, zoomWindow } from "./time-travel.ts";
import type { LandmarkName } from "./time-travel.ts";
import { partOf } from "../panels/page.ts";
import { PANELS, SPEED_MAX, SPEED_MIN, VIEW_DEFAULT } from "./view-state.ts";
import type { Viewer } from "./viewer.ts";

/** What keys do beyond the view itself. */
export interface KeyActions {
  readonly openFile: () => void;
  readonly toggleHelp: () => void;
}

const PAN_SHARE = 0.12;
const ZOOM_STEP = 0.75;
const TURN_DEGREES = 6;
const FOCUS_SPAN_SHARE = 0.1;

const SLIDER_KEYS: ReadonlySet<string> = new Set([
  ...["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"],
  ...["PageUp", "PageDown", "Home", "End"],
]);

type Action = (viewer: Viewer, shift: boolean) => void;

/** Everything that a pointer can do, by key; panels/help-page.ts lists them for people. */
const KEYS: Readonly<Record<string, Action>> = {
  a: (viewer) => pan(viewer, -PAN_SHARE),
  d: (viewer) => pan(viewer, PAN_SHARE),
  w: (viewer) => zoom(viewer, ZOOM_STEP),
  s: (viewer) => zoom(viewer, 1 / ZOOM_STEP),
  "0": ({ store }) => store.set({ window: undefined, follow: false }),
  f: focusSelected,
  " ": ({ store }) => store.set({ playing: !store.state.playing }),
  "[": (viewer) => changeSpeed(viewer, 1 / 2),
  "]": (viewer) => changeSpeed(viewer, 2),
  l: ({ store }) => store.set({ follow: !store.state.follow, playhead: undefined, playing: false }),
  Escape: ({ store }) =>
    store.set({ playhead: undefined, playing: false, selected: undefined, query: "" }),
  ".": (viewer) => step(viewer, 1, false),
  ",": (viewer) => step(viewer, -1, false),
  ArrowRight: (viewer) => step(viewer, 1, true),
  ArrowLeft: (viewer) => step(viewer, -1, true),
  ArrowUp: (viewer) => changeLane(viewer, -1),
  ArrowDown: (viewer) => changeLane(viewer, 1),
  n: (viewer, shift) => jump(viewer, ["violation", "fault", "view change"], shift ? -1 : 1),
  e: (viewer, shift) => jump(viewer, ["violation"], shift ? -1 : 1),
  g: (viewer, shift) => jump(viewer, ["fault"], shift ? -1 : 1),
  v: (viewer, shift) => jump(viewer, ["view change"], shift ? -1 : 1),
  c: ({ store }) => store.set({ cone: !store.state.cone }),
  x: ({ store }) => store.set({ onlyMatches: !store.state.onlyMatches }),
  m: ({ store }) => store.set({ mode: store.state.mode === "space" ? "flat" : "space" }),
  q: (viewer) => turn(viewer, -TURN_DEGREES, 0),
  r: (viewer) => turn(viewer, TURN_DEGREES, 0),
  z: (viewer) => turn(viewer, 0, TURN_DEGREES),
  b: (viewer) => turn(viewer, 0, -TURN_DEGREES),
  "+": (viewer) => approach(viewer, 0.88),
  "=": (viewer) => approach(viewer, 0.88),
  "-": (viewer) => approach(viewer, 1 / 0.88),
  t: ({ store }) => store.set({ theme: store.state.theme === "dark" ? "light" : "dark" }),
  p: ({ store }) => {
    const at = PANELS.indexOf(store.state.panel);
    store.set({ panel: PANELS[(at + 1) % PANELS.length] as (typeof PANELS)[number] });
  },
};

export function listenToKeys(viewer: Viewer, actions: KeyActions): void {
  const help = partOf("help", HTMLDialogElement);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    // Behind the help nothing happens unseen: it scrolls and closes by the browser's own keys.
    if (help.open && event.key !== "?") return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") (event.target as HTMLElement).blur();
      return;
    }
    // A button's own keys stay its own, and a slider's.
    if ((event.key === " " || event.key === "Enter") && isPressable(event.target)) return;
    if (SLIDER_KEYS.has(event.key) && event.target instanceof HTMLInputElement) return;
    if (!act(viewer, actions, event)) return;
    event.preventDefault();
  });
}

function act(viewer: Viewer, actions: KeyActions, event: KeyboardEvent): boolean {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "?") actions.toggleHelp();
  else if (key === "o") actions.openFile();
  else if (key === "/") document.getElementById("query")?.focus();
  else if (/^[1-9]$/.test(key)) firstOfLane(viewer, Number(key) - 1);
  else {
    const action = KEYS[key];
    if (action === undefined) return false;
    action(viewer, event.shiftKey);
  }
  return true;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement
    ? target.type !== "range"
    : target instanceof HTMLSelectElement;
}

function isPressable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("button, summary, a, input") !== null;
}

export function pan({ store, window, bounds }: Viewer, share: number): void {
  store.set({ window: panWindow(window, share, bounds), follow: false });
}

/** Around the playhead, the selected event, or the middle: what a person is looking at. */
export function zoom(viewer: Viewer, factor: number, anchor?: number): void {
  const { store, window, bounds } = viewer;
  const row = viewer.answers?.selectedRow;
  const chosen = row === undefined ? undefined : viewer.recording?.table.time.at(row);
  const around = [anchor, store.state.playhead, chosen].find(
    (time) => time !== undefined && time >= window.from && time <= window.to,
  );
  const middle = (window.from + window.to) / 2;
  store.set({ window: zoomWindow(window, factor, around ?? middle, bounds) });
}

export function turn({ store }: Viewer, azimuth: number, elevation: number): void {
  const { pose } = store.state;
  store.set({
    pose: {
      ...pose,
      azimuth: pose.azimuth + azimuth,
      elevation: Math.min(85, Math.max(-85, pose.elevation + elevation)),
    },
  });
}

export function approach({ store }: Viewer, factor: number): void {
  const { pose } = store.state;
  const distance = Math.min(4, Math.max(0.15, pose.distance * factor));
  store.set({ pose: { ...pose, distance } });
}

export function changeSpeed({ store }: Viewer, factor: number): void {
  const speed = Math.min(SPEED_MAX, Math.max(SPEED_MIN, store.state.speed * factor));
  store.set({ speed });
}

export function step(viewer: Viewer, direction: 1 | -1, sameLane: boolean): void {
  const { recording } = viewer;
  if (recording === undefined) return;
  const from = { row: viewer.answers?.selectedRow, time: nowOf(viewer), sameLane };
  viewer.select(stepEvent(recording, from, direction));
}

export function jump(viewer: Viewer, names: readonly LandmarkName[], direction: 1 | -1): void {
  const { recording } = viewer;
  if (recording === undefined) return;
  const from = { row: viewer.answers?.selectedRow, time: nowOf(viewer), direction };
  const found = names
    .map((name) => findLandmark(recording, name, from))
    .filter((row) => row !== undefined)
    .sort((a, b) => (recording.index.rank[a]! - recording.index.rank[b]!) * direction);
  if (found[0] === undefined) {
    viewer.notify(`no ${direction > 0 ? "further" : "earlier"} ${names.join(", ")}`);
  } else viewer.select(found[0]);
}

export const ALL_LANDMARKS = Object.keys(LANDMARKS) as LandmarkName[];

/** From where a jump begins when nothing is selected. */
function nowOf({ store, window }: Viewer): number {
  return store.state.playhead ?? window.from;
}

function focusSelected(viewer: Viewer): void {
  const row = viewer.answers?.selectedRow;
  const { store, bounds, window, recording } = viewer;
  if (row === undefined || recording === undefined) {
    store.set({ pose: VIEW_DEFAULT.pose });
    return;
  }
  store.set({
    window: zoomWindow(window, FOCUS_SPAN_SHARE * 3, recording.table.time.at(row), bounds),
  });
}

function changeLane(viewer: Viewer, direction: 1 | -1): void {
  const { recording } = viewer;
  const row = viewer.answers?.selectedRow;
  if (recording === undefined || row === undefined) return;
  const { table, laneOrder } = recording;
  const lane = laneOrder[laneOrder.indexOf(table.lane.at(row)) + direction];
  if (lane !== undefined) viewer.select(nearestOnLane(viewer, lane, table.time.at(row)));
}

function firstOfLane(viewer: Viewer, at: number): void {
  const lane = viewer.recording?.laneOrder[at];
  if (lane !== undefined) viewer.select(nearestOnLane(viewer, lane, viewer.window.from));
}

function nearestOnLane({ recording }: Viewer, lane: number, time: number): number | undefined {
  if (recording === undefined) return undefined;
  const { index } = recording;
  const places = index.lanePlaces[lane] ?? new Uint32Array();
  const wanted = index.placeAt(time);
  const place = places.find((at) => at >= wanted) ?? places[places.length - 1];
  return place === undefined ? undefined : index.order[place];
}
