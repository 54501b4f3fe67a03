import { kindName } from "../model/kinds.ts";
import { axisValue } from "../scene/axis-scale.ts";
import { detailLine } from "../panels/detail-line.ts";
import { kindIcon } from "../panels/mark-icon.ts";
import { formatOffset, make, part, partOf } from "../panels/page.ts";
import { pan, turn, zoom, approach } from "./keyboard.ts";
import type { Viewer } from "./viewer.ts";

const DEGREES_PER_PX = 0.3;
/** A press that moves less than this is a click. */
const CLICK_PX = 4;
/** Hovering asks which mark is near at most so often. */
const HOVER_MS = 50;
const WHEEL_STEP = 0.0016;

/** Drag turns (or moves in time, flat or with Shift), the wheel zooms in time, a click asks. */
export function listenToPointer(viewer: Viewer): void {
  const canvas = partOf("canvas", HTMLCanvasElement);
  let pressed: { x: number; y: number; moved: boolean } | undefined;
  let hoverAt = 0;
  const fingers = new Fingers();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.put(event);
    pressed = { x: event.clientX, y: event.clientY, moved: fingers.count > 1 };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (fingers.count > 1) {
      pinch(viewer, fingers, event);
      return;
    }
    if (pressed === undefined) {
      if (event.timeStamp - hoverAt > HOVER_MS) {
        hoverAt = event.timeStamp;
        showTip(viewer, event);
      }
      return;
    }
    const [byX, byY] = [event.clientX - pressed.x, event.clientY - pressed.y];
    if (!pressed.moved && Math.hypot(byX, byY) < CLICK_PX) return;
    pressed = { x: event.clientX, y: event.clientY, moved: true };
    canvas.classList.add("dragging");
    drag(viewer, event, byX, byY);
  });
  const release = (event: PointerEvent): void => {
    canvas.classList.remove("dragging");
    // The finger that stays ends what two began, and begins nothing.
    const others = fingers.lift(event);
    if (!others && pressed !== undefined && !pressed.moved) click(viewer, event);
    pressed = undefined;
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", (event) => {
    fingers.lift(event);
    pressed = undefined;
  });
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("wheel", (event) => onWheel(viewer, event), { passive: false });
}

/** Where each finger is that touches the picture. */
class Fingers {
  readonly #places = new Map<number, { readonly x: number; readonly y: number }>();

  get count(): number {
    return this.#places.size;
  }

  put({ pointerId, clientX, clientY }: PointerEvent): void {
    this.#places.set(pointerId, { x: clientX, y: clientY });
  }

  /** True: another one is still there. */
  lift({ pointerId }: PointerEvent): boolean {
    this.#places.delete(pointerId);
    return this.#places.size > 0;
  }

  /** Of the first two: how far apart, and the middle. */
  span(): { readonly apart: number; readonly x: number } {
    const [first, second] = [...this.#places.values()];
    const [a, b] = [first ?? { x: 0, y: 0 }, second ?? { x: 0, y: 0 }];
    return { apart: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)), x: (a.x + b.x) / 2 };
  }
}

/** Two fingers do what the wheel does, and Shift with a drag: closer in time, earlier and later. */
function pinch(viewer: Viewer, fingers: Fingers, event: PointerEvent): void {
  hideTip();
  const before = fingers.span();
  fingers.put(event);
  const { apart, x } = fingers.span();
  const at = { clientX: x, clientY: event.clientY };
  if (apart !== before.apart) zoom(viewer, before.apart / apart, timeUnder(viewer, at));
  if (x !== before.x) pan(viewer, (before.x - x) / viewer.painter.size.width);
}

function drag(viewer: Viewer, event: PointerEvent, byX: number, byY: number): void {
  hideTip();
  if (event.shiftKey || viewer.store.state.mode === "flat") {
    pan(viewer, -byX / viewer.painter.size.width);
  } else turn(viewer, -byX * DEGREES_PER_PX, byY * DEGREES_PER_PX);
}

function click(viewer: Viewer, event: PointerEvent): void {
  const row = viewer.painter.pick(placeOf(event));
  if (row === undefined) viewer.store.set({ selected: undefined });
  else {
    viewer.store.set({ panel: "event" });
    viewer.select(row);
  }
}

function onWheel(viewer: Viewer, event: WheelEvent): void {
  event.preventDefault();
  const factor = Math.exp(event.deltaY * WHEEL_STEP);
  if (event.ctrlKey) approach(viewer, factor);
  else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    pan(viewer, event.deltaX / viewer.painter.size.width);
  } else zoom(viewer, factor, timeUnder(viewer, event));
}

/** Only the flat mode has one time under each place of the screen. */
function timeUnder(viewer: Viewer, event: Place): number | undefined {
  const axis = viewer.painter.painted?.picture.axis;
  if (axis === undefined || axis.name !== "time" || viewer.store.state.mode !== "flat") {
    return undefined;
  }
  const { rig } = viewer.painter;
  const [from, to] = [rig.project(-10, 0, 0).left, rig.project(10, 0, 0).left];
  return axisValue(axis, ((placeOf(event).left - from) / (to - from)) * 20 - 10);
}

type Place = Pick<MouseEvent, "clientX" | "clientY">;

function placeOf(event: Place): { left: number; top: number } {
  const box = part("canvas").getBoundingClientRect();
  return { left: event.clientX - box.left, top: event.clientY - box.top };
}

function showTip(viewer: Viewer, event: PointerEvent): void {
  const { recording } = viewer;
  const at = placeOf(event);
  const row = viewer.painter.pick(at);
  if (row === undefined || recording === undefined) {
    hideTip();
    return;
  }
  const { table, index } = recording;
  const tip = part("tip");
  const kind = kindName(table.kind.at(row));
  const head = make("span", { class: "look" }, kindIcon(kind, viewer.store.state.theme));
  head.append(`${kind} · ${table.laneName(table.lane.at(row))}`);
  tip.replaceChildren(
    head,
    make("div", { text: formatOffset(table.time.at(row) - index.from) }),
    make("div", { class: "mono", text: detailLine(table.detailOf(row)) }),
  );
  tip.hidden = false;
  const { width, height } = viewer.painter.size;
  const left = Math.min(at.left + 14, width - tip.offsetWidth - 8);
  const top = Math.min(at.top + 14, height - tip.offsetHeight - 8);
  tip.style.transform = `translate(${left}px, ${top}px)`;
}

function hideTip(): void {
  part("tip").hidden = true;
}
