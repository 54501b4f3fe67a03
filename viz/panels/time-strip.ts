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
  #density:
    | { readonly version: number; readonly recording: Recording; bins: Float32Array }
    | undefined;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  draw(view: StripView): void {
    const { width, height } = this.#fit();
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    const { tones, background } = THEMES[view.theme];
    context.clearRect(0, 0, width, height);
    const bins = this.#bins(view, Math.max(1, Math.floor(width / 2)));
    const x = (time: number): number =>
      ((time - view.bounds.from) / (view.bounds.to - view.bounds.from)) * width;
    drawDensity(context, bins, { width, height: height - MARK_HEIGHT, colour: tones.sky });
    drawTroubles(context, view, { x, top: height - MARK_HEIGHT });
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

  #fit(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.#canvas;
    const ratio = Math.min(2, globalThis.devicePixelRatio);
    const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#canvas.getContext("2d")?.setTransform(ratio, 0, 0, ratio, 0, 0);
    return { width: clientWidth, height: clientHeight };
  }

  #bins({ recording, bounds }: StripView, count: number): Float32Array {
    const known = this.#density;
    if (
      known?.recording === recording &&
      known.version === recording.version &&
      known.bins.length === count
    ) {
      return known.bins;
    }
    const bins = countByTime(recording, bounds, count);
    this.#density = { recording, version: recording.version, bins };
    return bins;
  }
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
