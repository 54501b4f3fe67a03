import { invariant } from "../assert.ts";
import type { EventBlock } from "./event-block.ts";
import type { EventAuthor, EventId, JournalEvent } from "./journal-event.ts";
import { eventName } from "./journal-event.ts";
import { EventTable } from "./event-table.ts";
import type { EventContent as Content } from "./event-table.ts";
import { CAUSALITY_FINDING_COUNT_MAX, PENDING_CAUSE_COUNT_MAX } from "./limits.ts";

/**
 * What is wrong with an event.
 *
 * - "not later" than its author's event before, by hybrid time;
 * - "future parent": not later than one of its parents;
 * - "forked": its author made another event of this sequence;
 * - "out of order": it came after one of a higher sequence of its author;
 * - "cycle": it is among its own causes;
 * - "missing parent": nobody told of it, though its author's journal has what surrounds it;
 * - "missing before": of a complete record, the author's event before.
 */
export type CausalityWrong =
  | "not later"
  | "future parent"
  | "forked"
  | "out of order"
  | "cycle"
  | "missing parent"
  | "missing before";

export interface CausalityFinding {
  readonly wrong: CausalityWrong;
  /** Where it was found: the effect. */
  readonly event: EventId;
  /** The other event: the one before, the parent, the first of two. */
  readonly other: EventId;
}

/** What is not known and accuses nobody: a torn tail, a dropped segment, a journal that is not here. */
export interface CausalityGap {
  readonly author: EventAuthor;
  /** First and last sequence of what is missing. */
  readonly from: number;
  readonly to: number;
}

export interface CausalityVerifierOptions {
  /** Every event of every author is here from the first on: what is missing is wrong and no gap. */
  readonly isComplete: boolean;
  /** Events that are held; more are refused. Bounds memory to about 64 bytes for each. */
  readonly eventCountMax: number;
  /**
   * Blocks may have been left out amid an author's journal (a slow disk or reader), so a parent that
   * is not there is part of a gap.
   */
  readonly mayHaveHoles?: boolean;
}

/**
 * Whether a set of journals tells a history that can have happened: each effect is later than its
 * causes by hybrid time, no author made two events of one sequence, nothing is its own cause.
 *
 * Events of one author come in their order, those of different authors in any: a parent that is not there yet is
 * waited for. Work is in proportion to an event's parents, in typed arrays, without recursion.
 * Where every effect is later than its causes there is no cycle; so one is looked for only behind
 * an effect that is not.
 */
export class CausalityVerifier {
  readonly findings: CausalityFinding[] = [];
  /** All of them; {@link findings} has the first ones. */
  findingCount = 0;
  readonly #options: CausalityVerifierOptions;
  readonly #table: EventTable;
  /** Effects whose parent has not come, by the parent, and where in the table it belongs. */
  readonly #waiting = new Map<string, { readonly parent: EventId; readonly effects: Effect[] }>();
  #waitingCount = 0;
  /** Parents beyond what may be waited for, authors beyond what can be told apart: not judged. */
  unjudgedCount = 0;

  constructor(options: CausalityVerifierOptions) {
    this.#options = options;
    this.#table = new EventTable();
  }

  get eventCount(): number {
    return this.#table.size;
  }

  /** What the events take, with the room that they grow into. */
  get byteSize(): number {
    return this.#table.byteSize;
  }

  get isFull(): boolean {
    return this.#table.size >= this.#options.eventCountMax;
  }

  add(event: JournalEvent): void {
    const author = this.#authorOf(event.id.author);
    const { milliseconds, counter } = event.hlc;
    const { kind, parents } = event;
    const of = { milliseconds, counter, kind, parentCount: parents.length };
    const index = this.#begin(author, event.id.sequence, of);
    if (index === undefined) return;
    for (const parent of parents) {
      this.#cause(index, this.#authorOf(parent.author), parent.sequence);
    }
    this.#complete(index);
  }

  /** {@link add} for each event of a block, without making objects of most of it. */
  addBlock(block: EventBlock): void {
    const authorOf = block.authors.map((author) => this.#authorOf(author));
    const { authors, sequences, milliseconds, counters } = block.columns;
    const { parentStarts, parentAuthors, parentSequences } = block.columns;
    for (let at = 0; at < authors.length; at++) {
      const start = parentStarts[at]!;
      const end = parentStarts[at + 1]!;
      const index = this.#begin(authorOf[authors[at]!], sequences[at]!, {
        milliseconds: milliseconds[at]!,
        counter: counters[at]!,
        kind: block.kind(at),
        parentCount: end - start,
      });
      if (index === undefined) continue;
      for (let each = start; each < end; each++) {
        this.#cause(index, authorOf[parentAuthors[each]!], parentSequences[each]!);
      }
      this.#complete(index);
    }
  }

  /** Nothing more comes: what was waited for is missing. Answers what is not known. */
  end(): readonly CausalityGap[] {
    for (const { parent, effects } of this.#waiting.values()) {
      if (!this.#isMissed(parent)) continue;
      for (const { event } of effects) this.#find("missing parent", event, parent);
    }
    this.#waiting.clear();
    this.#waitingCount = 0;
    const gaps: CausalityGap[] = [];
    for (const hole of this.#table.holes()) {
      if (gaps.length === CAUSALITY_FINDING_COUNT_MAX) break;
      gaps.push(hole);
    }
    return gaps;
  }

  /** Undefined: the event is here already, or cannot be taken. */
  #begin(author: number | undefined, sequence: number, of: Content): number | undefined {
    invariant(!this.isFull, "room for an event", { held: this.#table.size });
    if (author === undefined) return undefined;
    const table = this.#table;
    const before = table.lastOf(author);
    const last = before === undefined ? 0 : table.sequenceOf(before);
    if (sequence <= last) {
      this.#known(author, sequence, of);
      return undefined;
    }
    const index = table.add(author, sequence, of);
    if (before !== undefined && table.compareTimes(before, index) >= 0) {
      this.#find("not later", index, table.idOf(before));
    }
    if (this.#options.isComplete && sequence > last + 1) {
      const other = { author: table.authorAt(author), sequence: sequence - 1 };
      this.#find("missing before", index, other);
    }
    return index;
  }

  /** Two journals may tell of the same event; two events of one sequence are a fork. */
  #known(author: number, sequence: number, of: Content): void {
    const table = this.#table;
    const held = table.indexOf(author, sequence);
    const event = { author: table.authorAt(author), sequence };
    if (held === undefined) this.#report({ wrong: "out of order", event, other: event });
    else if (!table.isSame(held, of)) this.#report({ wrong: "forked", event, other: event });
  }

  #cause(effect: number, author: number | undefined, sequence: number): void {
    if (author === undefined) return;
    const table = this.#table;
    const parent = table.indexOf(author, sequence);
    const place = table.addParent(parent);
    if (parent !== undefined) this.#judge(parent, effect);
    else this.#waitFor(author, sequence, { event: effect, place });
  }

  #waitFor(author: number, sequence: number, effect: Effect): void {
    if (this.#waitingCount >= PENDING_CAUSE_COUNT_MAX) {
      this.unjudgedCount++;
      return;
    }
    this.#waitingCount++;
    const key = keyOf(author, sequence);
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) waiting.effects.push(effect);
    else {
      const parent = { author: this.#table.authorAt(author), sequence };
      this.#waiting.set(key, { parent, effects: [effect] });
    }
  }

  /** The event is whole: those that waited for it can be judged. */
  #complete(index: number): void {
    if (this.#waitingCount === 0) return;
    const table = this.#table;
    const key = keyOf(table.authorIndexOf(index), table.sequenceOf(index));
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    this.#waitingCount -= waiting.effects.length;
    for (const { event, place } of waiting.effects) {
      table.setParent(place, index);
      this.#judge(index, event);
    }
  }

  #judge(parent: number, effect: number): void {
    const table = this.#table;
    if (table.compareTimes(parent, effect) < 0) return;
    const wrong = table.isAmongCauses(effect, parent) ? "cycle" : "future parent";
    this.#find(wrong, effect, table.idOf(parent));
  }

  #authorOf(author: EventAuthor): number | undefined {
    const index = this.#table.authorOf(author);
    if (index === undefined) this.unjudgedCount++;
    return index;
  }

  #isMissed({ author, sequence }: EventId): boolean {
    const { isComplete, mayHaveHoles = false } = this.#options;
    return isComplete || (!mayHaveHoles && this.#table.surrounds(author, sequence));
  }

  #find(wrong: CausalityWrong, effect: number, other: EventId): void {
    this.#report({ wrong, event: this.#table.idOf(effect), other });
  }

  #report(finding: CausalityFinding): void {
    this.findingCount++;
    if (this.findings.length < CAUSALITY_FINDING_COUNT_MAX) this.findings.push(finding);
  }
}

interface Effect {
  readonly event: number;
  readonly place: number;
}

function keyOf(author: number, sequence: number): string {
  return `${author} ${sequence}`;
}

/** As people read it. */
export function describeFinding({ wrong, event, other }: CausalityFinding): string {
  return `${eventName(event)} ${DESCRIPTIONS[wrong]} ${eventName(other)}`;
}

const DESCRIPTIONS: Readonly<Record<CausalityWrong, string>> = {
  "not later": "is not later than its author's event before,",
  "future parent": "is not later than its parent",
  forked: "is not the event that its author made before under this number,",
  "out of order": "came after its author's later events:",
  cycle: "is among the causes of its own parent",
  "missing parent": "names a parent that its author's journal does not have,",
  "missing before": "comes without the event before,",
};
