import type { Axis } from "../model/axis.ts";
import { HALF_LENGTH } from "./lane-layout.ts";

/** A place on the axis to a place in the scene. */
export function sceneX(axis: Axis, value: number): number {
  return (((value - axis.from) / (axis.to - axis.from)) * 2 - 1) * HALF_LENGTH;
}

/** And back: what stands at this place of the scene. */
export function axisValue(axis: Axis, x: number): number {
  return axis.from + ((x / HALF_LENGTH + 1) / 2) * (axis.to - axis.from);
}

/** Round values for about so many ticks: 1, 2 or 5 times a power of ten apart. */
export function tickValues(from: number, to: number, countWanted: number): number[] {
  const step = niceStep((to - from) / Math.max(1, countWanted));
  const ticks: number[] = [];
  for (let value = Math.ceil(from / step) * step; value <= to; value += step) ticks.push(value);
  return ticks;
}

export function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-9)));
  const lead = rough / power;
  return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}
