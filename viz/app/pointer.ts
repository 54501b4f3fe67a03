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
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pressed = { x: event.clientX, y: event.clientY, moved: false };
  });
  canvas.addEventListener("pointermove", (event) => {
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
    if (pressed !== undefined && !pressed.moved) click(viewer, event);
    pressed = undefined;
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", () => {
    pressed = undefined;
  });
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("wheel", (event) => onWheel(viewer, event), { passive: false });
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
function timeUnder(viewer: Viewer, event: WheelEvent): number | undefined {
  const axis = viewer.painter.painted?.picture.axis;
  if (axis === undefined || axis.name !== "time" || viewer.store.state.mode !== "flat") {
    return undefined;
  }
  const { rig } = viewer.painter;
  const [from, to] = [rig.project(-10, 0, 0).left, rig.project(10, 0, 0).left];
  return axisValue(axis, ((placeOf(event).left - from) / (to - from)) * 20 - 10);
}

function placeOf(event: MouseEvent): { left: number; top: number } {
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
