import { describe, expect, it } from "vitest";
import { describeFinding } from "../../base/journal/causality-verifier.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import { CausalityWatch } from "./causality-watch.ts";

const NAMES = ["replica-0", "replica-1"];

describe("watching a cluster's journals", () => {
  it("says nothing while each effect is later than its cause, in whatever order they come", () => {
    const { watch, found } = watching();
    watch.took(1, block(event(1, 1, 20, [0, 1]), event(1, 2, 21)));
    watch.took(0, block(event(0, 1, 10), event(0, 2, 30, [1, 2])));
    expect(found).toEqual([]);
    expect(watch.eventCount).toBe(4);
  });

  it("tells once, and at once, what cannot have happened", () => {
    const { watch, found } = watching();
    watch.took(0, block(event(0, 1, 50)));
    watch.took(1, block(event(1, 1, 40, [0, 1])));
    expect(found).toEqual(["replica-1#1:1 is not later than its parent replica-0#1:1"]);
    watch.took(1, block(event(1, 2, 60)));
    expect(found).toHaveLength(1);
    expect(watch.findingCount).toBe(1);
  });

  it("believes no replica about another", () => {
    const { watch, found } = watching();
    watch.took(0, block(event(0, 1, 50)));
    watch.took(1, block(event(0, 1, 51), event(0, 2, 1)));
    expect(found).toEqual([]);
    expect(watch.foreignCount).toBe(2);
  });

  it("takes events that were left out for a gap, and goes on when a stream begins anew", () => {
    const { watch, found } = watching();
    watch.took(0, block(event(0, 1, 10)).slice(0, 50));
    watch.opened(0);
    watch.took(0, block(event(0, 7, 20), event(0, 9, 22)));
    watch.took(1, block(event(1, 1, 30, [0, 8])));
    expect(found).toEqual([]);
  });
});

function watching(): { watch: CausalityWatch; found: string[] } {
  const found: string[] = [];
  const watch = new CausalityWatch(NAMES, (finding) => found.push(describeFinding(finding)));
  return { watch, found };
}

function event(
  member: number,
  sequence: number,
  milliseconds: number,
  ...parents: (readonly [member: number, sequence: number])[]
): JournalEvent {
  const idOf = (of: number, number: number): JournalEvent["id"] => ({
    author: { name: NAMES[of]!, incarnation: 1 },
    sequence: number,
  });
  return {
    id: idOf(member, sequence),
    hlc: { milliseconds, counter: 0 },
    kind: "voted",
    parents: parents.map(([of, number]) => idOf(of, number)),
    detail: {},
  };
}

function block(...events: readonly JournalEvent[]): Uint8Array {
  const writer = new JournalWriter();
  for (const each of events) writer.add(each);
  return writer.flush()!;
}
