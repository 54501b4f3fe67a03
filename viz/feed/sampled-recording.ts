import { blocksWithin } from "../../base/journal/block-index.ts";
import type { RecordingIndex } from "../../base/journal/block-index.ts";
import { EVENT_KINDS } from "../../base/journal/journal-event.ts";
import { LOOKS, NOTABLE } from "../model/kinds.ts";
import type { ByteSource } from "./byte-source.ts";
import { RecordingIntake } from "./recording-intake.ts";
import type { SampleOutline } from "./worker-messages.ts";

/** A page holds a sample of so many, and so many more where somebody looks closely. */
const SAMPLE_COUNT_MAX = 300_000;

/** What stands out is in every sample. */
const ALWAYS = new Set(EVENT_KINDS.filter((kind) => LOOKS[kind].severity >= NOTABLE));

/** A recording that is larger than a page should hold: a sample of it, and all of single spans. */
export class SampledRecording {
  readonly #source: ByteSource;
  readonly #index: RecordingIndex;
  readonly #level: number;
  readonly #closerMax: number;
  /** The sample's bytes, as they came. */
  readonly #sample: Uint8Array[] = [];

  private constructor(source: ByteSource, index: RecordingIndex, eventsMax: number) {
    this.#source = source;
    this.#index = index;
    this.#closerMax = Math.min(SAMPLE_COUNT_MAX, Math.floor(eventsMax / 2));
    this.#level = Math.ceil(Math.log2(index.eventCount / Math.max(1, this.#closerMax)));
  }

  /** Undefined: a page can hold all of it, or nobody can tell. */
  static async of(source: ByteSource, eventsMax: number): Promise<SampledRecording | undefined> {
    const index = await source.index().catch(() => undefined);
    if (index === undefined || index.eventCount <= eventsMax) return undefined;
    return new SampledRecording(source, index, eventsMax);
  }

  get outline(): SampleOutline {
    const { blocks, eventCount } = this.#index;
    return {
      level: this.#level,
      eventCount,
      closerMax: this.#closerMax,
      blocks: Float64Array.from(
        blocks.flatMap((block) => [block.eventCount, block.earliestMs, block.latestMs]),
      ),
    };
  }

  /** `onEvents` hears how many there are by then. */
  async read(onEvents: (count: number) => void): Promise<RecordingIntake> {
    const intake = new RecordingIntake();
    const { stream } = await this.#source.thin({ level: this.#level, always: ALWAYS });
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return intake;
      this.#sample.push(value);
      intake.push(value);
      onEvents(intake.table?.count ?? 0);
    }
  }

  /**
   * The sample, and every event of the blocks that reach into the span.
   *
   * @throws Error when these are more than a page is given at once
   */
  async closer(fromMs: number, toMs: number): Promise<RecordingIntake> {
    const blocks = blocksWithin(this.#index, fromMs, toMs);
    const count = blocks.reduce((sum, { eventCount }) => sum + eventCount, 0);
    if (count > this.#closerMax) throw new Error(`${count} events are too many at once`);
    const intake = new RecordingIntake(undefined, { distinct: true });
    for (const bytes of this.#sample) intake.push(bytes);
    // What lies together is asked for together.
    for (let at = 0; at < blocks.length;) {
      const { offset } = blocks[at]!;
      let end = offset;
      while (blocks[at]?.offset === end) end += blocks[at++]!.size;
      intake.push(await this.#source.span(offset, end));
    }
    return intake;
  }
}
