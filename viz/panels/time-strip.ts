import { kindName, LOOKS, SEVERITIES, NOTABLE } from "../model/kinds.ts";
import type { Recording } from "../model/recording.ts";
import type { Window } from "../model/selection.ts";
import { THEMES } from "../scene/themes.ts";
import type { ThemeName } from "../scene/themes.ts";

export interface StripView {
  readonly recording: Recording;
  readonly bounds: Window;
  readonly window: Window;
  readonly playhead: number | undefined;
  readonly theme: ThemeName;
}

const MARK_HEIGHT = 14;

/**
 * The whole recording in one strip: how much happened when, below it what went wrong, and which
 * part of it is shown.
 */
export class TimeStrip {
  readonly #canvas: HTMLCanvasElement;
  /** What stays while the playhead moves, drawn once. */
  readonly #still = document.createElement("canvas");
  #stillKey = "";
  #recording: Recording | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  draw(view: StripView): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const context = fitted(this.#canvas, width, height);
    if (context === null || width === 0) return;
    this.#drawStill(view, width, height);
    context.clearRect(0, 0, width, height);
    context.drawImage(this.#still, 0, 0, width, height);
    const { tones, background } = THEMES[view.theme];
    const x = scaleOf(view, width);
    context.fillStyle = background;
    context.globalAlpha = 0.62;
    context.fillRect(0, 0, x(view.window.from), height);
    context.fillRect(x(view.window.to), 0, width, height);
    context.globalAlpha = 1;
    context.strokeStyle = tones.ink;
    context.lineWidth = 1.5;
    const from = x(view.window.from);
    context.strokeRect(
      from + 0.75,
      0.75,
      Math.max(3, x(view.window.to) - from - 1.5),
      height - 1.5,
    );
    if (view.playhead === undefined) return;
    context.fillStyle = tones.yellow;
    context.fillRect(x(view.playhead) - 1, 0, 2, height);
  }

  #drawStill(view: StripView, width: number, height: number): void {
    const { recording, bounds, theme } = view;
    const key = JSON.stringify([recording.version, bounds, theme, width, height]);
    if (key === this.#stillKey && recording === this.#recording) return;
    this.#stillKey = key;
    this.#recording = recording;
    const context = fitted(this.#still, width, height);
    if (context === null) return;
    context.clearRect(0, 0, width, height);
    const bins = countByTime(recording, bounds, Math.max(1, Math.floor(width / 2)));
    const top = height - MARK_HEIGHT;
    drawDensity(context, bins, { width, height: top, colour: THEMES[theme].tones.sky });
    drawTroubles(context, view, { x: scaleOf(view, width), top });
  }
}

function scaleOf({ bounds }: StripView, width: number): (time: number) => number {
  return (time) => ((time - bounds.from) / (bounds.to - bounds.from)) * width;
}

/** As many pixels as the screen has there, and coordinates as the page has them. */
function fitted(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const ratio = Math.min(2, globalThis.devicePixelRatio);
  const [pixelsWide, pixelsHigh] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixelsWide || canvas.height !== pixelsHigh) {
    canvas.width = pixelsWide;
    canvas.height = pixelsHigh;
  }
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** Two binary searches a bin, whatever the recording's length. */
export function countByTime({ index }: Recording, bounds: Window, count: number): Float32Array {
  const bins = new Float32Array(count);
  let last = index.placeAt(bounds.from);
  for (let bin = 0; bin < count; bin++) {
    const next = index.placeAt(bounds.from + ((bounds.to - bounds.from) * (bin + 1)) / count);
    bins[bin] = next - last;
    last = next;
  }
  return bins;
}

function drawDensity(
  context: CanvasRenderingContext2D,
  bins: Float32Array,
  { width, height, colour }: { width: number; height: number; colour: string },
): void {
  const most = bins.reduce((max, value) => Math.max(max, value), 1);
  const step = width / bins.length;
  context.fillStyle = colour;
  context.globalAlpha = 0.75;
  for (let bin = 0; bin < bins.length; bin++) {
    // The root lets a quiet stretch be seen beside a storm.
    const tall = Math.sqrt((bins[bin] as number) / most) * (height - 4);
    if (tall > 0) context.fillRect(bin * step, height - tall, Math.max(1, step - 0.5), tall);
  }
  context.globalAlpha = 1;
}

function drawTroubles(
  context: CanvasRenderingContext2D,
  { recording, theme }: StripView,
  { x, top }: { x: (time: number) => number; top: number },
): void {
  const { table, index } = recording;
  const { tones } = THEMES[theme];
  // The worst last, so that it lies on top.
  for (let severity = NOTABLE; severity <= 5; severity++) {
    for (const place of index.notable) {
      const row = index.order[place] as number;
      const kind = table.kind.at(row);
      if (SEVERITIES[kind] !== severity) continue;
      const at = x(table.time.at(row));
      context.fillStyle = tones[LOOKS[kindName(kind)].tone];
      const inset = 5 - severity;
      context.fillRect(at - 1.5, top + inset * 2, 3, MARK_HEIGHT - inset * 2);
    }
  }
}
