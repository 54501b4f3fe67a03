import { CausalityVerifier, describeFinding } from "../../../base/journal/causality-verifier.ts";
import type { JournalSink } from "../../../base/journal/event-scribe.ts";
import type { JournalEvent } from "../../../base/journal/journal-event.ts";
import { Violation } from "../world/witness.ts";

/** The longest seed has a tenth of it. */
const EVENT_COUNT_MAX = 1_000_000;

/** Judges a run's events as they come: the record is complete, so everything must fit. */
export class JudgedJournal implements JournalSink {
  readonly #verifier = new CausalityVerifier({ isComplete: true, eventCountMax: EVENT_COUNT_MAX });
  readonly #next: JournalSink | undefined;
  #hasSpoken = false;

  constructor(next: JournalSink | undefined) {
    this.#next = next;
  }

  get eventCount(): number {
    return this.#verifier.eventCount;
  }

  take(event: JournalEvent): void {
    this.#next?.take(event);
    this.#verifier.add(event);
    this.#judge();
  }

  /** Nothing more comes. */
  end(): void {
    this.#verifier.end();
    this.#judge();
  }

  #judge(): void {
    const [finding] = this.#verifier.findings;
    if (finding === undefined || this.#hasSpoken) return;
    // Once: what is written down afterwards is the violation itself.
    this.#hasSpoken = true;
    throw new Violation("causality", describeFinding(finding));
  }
}
