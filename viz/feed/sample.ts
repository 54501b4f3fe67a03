import type { Window } from "../model/selection.ts";
import type { SampleOutline } from "./worker-messages.ts";

/** What a page holds of a recording that is larger than it should load. */
export class Sample {
  readonly #outline: SampleOutline;
  /** All events of this span are held, beside the sample. */
  readonly whole: Window | undefined;

  constructor(outline: SampleOutline, whole: Window | undefined) {
    this.#outline = outline;
    this.whole = whole;
  }

  /** Elsewhere one of so many events is held. */
  get oneOf(): number {
    return 2 ** this.#outline.level;
  }

  /** In the whole recording. */
  get eventCount(): number {
    return this.#outline.eventCount;
  }

  isWhole(window: Window): boolean {
    return this.whole !== undefined && this.whole.from <= window.from && window.to <= this.whole.to;
  }

  /** Whether all events of a span are few enough to be had. */
  mayHave({ from, to }: Window): boolean {
    const { blocks, closerMax } = this.#outline;
    let count = 0;
    for (let at = 0; at < blocks.length; at += 3) {
      const [events = 0, earliest = 0, latest = 0] = blocks.subarray(at, at + 3);
      if (latest >= Math.floor(from) && earliest <= to) count += events;
    }
    return count <= closerMax;
  }
}
