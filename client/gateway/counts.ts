import type { Certainty, Level, MissReason } from "./outcome.ts";

/**
 * The gateway's counters. Plain numbers, because a labelled counter of the metrics library costs
 * as much as the whole look-up; they are read when somebody scrapes.
 */
export class Counts {
  readonly hits = new Map<string, number>();
  readonly misses = new Map<string, number>();
  readonly puts = new Map<string, number>();
  readonly deletes = new Map<string, number>();
  readonly publications = new Map<string, number>();
  /** Answers and bytes that were not believed, by reason. */
  readonly refusals = new Map<string, number>();
  /** Differing answers for an immutable key, kept out of what is served. */
  evidence = 0;
  /** Publications that the full journal did not take. */
  journalDrops = 0;
  /** Bodies and sockets cut off, by reason. */
  readonly cutOffs = new Map<string, number>();

  hit(level: Level, certainty: Certainty): void {
    count(this.hits, `${level} ${certainty}`);
  }

  miss(reason: MissReason): void {
    count(this.misses, reason);
  }

  put(outcome: string): void {
    count(this.puts, outcome);
  }

  delete(outcome: string): void {
    count(this.deletes, outcome);
  }

  publication(outcome: string): void {
    count(this.publications, outcome);
  }

  refusal(reason: string): void {
    count(this.refusals, reason);
  }

  cutOff(reason: string): void {
    count(this.cutOffs, reason);
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
