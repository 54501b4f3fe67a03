import { CausalityVerifier } from "../../base/journal/causality-verifier.ts";
import type { CausalityFinding } from "../../base/journal/causality-verifier.ts";
import { JournalReader } from "../../base/journal/journal-reader.ts";

/** About 16 MB, and minutes of a loaded cluster: what is older is judged against no more. */
const WINDOW_EVENT_COUNT = 250_000;

/**
 * All replicas' journals judged while they are written. Each replica is heard for its own events
 * alone. What was seen is forgotten window by window, so it can watch for ever.
 */
export class CausalityWatch {
  eventCount = 0;
  /** Events that a replica told under another's name. */
  foreignCount = 0;
  findingCount = 0;
  readonly #names: readonly string[];
  readonly #onFinding: (finding: CausalityFinding) => void;
  readonly #readers: JournalReader[];
  #verifier = windowVerifier();
  #told = 0;

  /** `names` are the members' as authors, by index. */
  constructor(names: readonly string[], onFinding: (finding: CausalityFinding) => void) {
    this.#names = names;
    this.#onFinding = onFinding;
    this.#readers = names.map(() => new JournalReader());
  }

  /** This member's stream begins anew. */
  opened(member: number): void {
    this.#readers[member] = new JournalReader();
  }

  took(member: number, bytes: Uint8Array): void {
    for (const block of this.#readers[member]?.push(bytes) ?? []) {
      for (const event of block.events()) {
        if (event.id.author.name !== this.#names[member]) {
          this.foreignCount++;
          continue;
        }
        if (this.#verifier.isFull) this.#begin();
        this.eventCount++;
        this.#verifier.add(event);
      }
    }
    this.#tell();
  }

  #begin(): void {
    this.#tell();
    this.#verifier = windowVerifier();
    this.#told = 0;
  }

  #tell(): void {
    const { findings, findingCount } = this.#verifier;
    for (const finding of findings.slice(this.#told)) this.#onFinding(finding);
    this.findingCount += findingCount - this.#told;
    this.#told = findingCount;
  }
}

function windowVerifier(): CausalityVerifier {
  return new CausalityVerifier({
    isComplete: false,
    mayHaveHoles: true,
    eventCountMax: WINDOW_EVENT_COUNT,
  });
}
