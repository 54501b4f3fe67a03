import { concatBytes } from "../../../base/bytes.ts";
import type { JournalSink } from "../../../base/journal/event-scribe.ts";
import type { JournalEvent } from "../../../base/journal/journal-event.ts";
import { JournalWriter } from "../../../base/journal/journal-writer.ts";
import { encodeRecordingHeader } from "../../../base/journal/recording-format.ts";
import type { Plan } from "../faults/plan.ts";

/** A run's events as the bytes of a recording. Equal runs give equal bytes. */
export class TapeRecorder implements JournalSink {
  readonly #writer = new JournalWriter();
  readonly #parts: Uint8Array[];

  constructor({ seed, memberCount, faultyMax, liars }: Plan) {
    const lies = liars.map(({ index, twin, strategies }) => {
      return `replica-${index} ${twin ? "has a twin" : strategies.join("+")}`;
    });
    this.#parts = [
      encodeRecordingHeader({
        origin: "simulation",
        title: `seed ${seed}; liars: ${lies.join(", ") || "none"}`,
        memberCount,
        faultyMax,
        names: Array.from({ length: memberCount }, (_, index) => `replica-${index}`),
        seed,
      }),
    ];
  }

  take(event: JournalEvent): void {
    if (this.#writer.isFull) this.#flush();
    this.#writer.add(event);
  }

  finish(): Uint8Array {
    this.#flush();
    return concatBytes(...this.#parts);
  }

  #flush(): void {
    const block = this.#writer.flush();
    if (block !== undefined) this.#parts.push(block);
  }
}
