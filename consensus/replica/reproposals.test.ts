import { describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import type { Epoch, Hash, ReplicaIndex, Sequence, Signature, View } from "../../base/types.ts";
import type { Certificate } from "../wire/certificate.ts";
import { SIGNED_VIEW_CHANGE, statementCodec } from "../wire/certificate.ts";
import type { ReceivedSigned } from "./input.ts";
import type { ViewChange } from "../wire/agreement.ts";
import { reproposalsOf } from "./reproposals.ts";
import { sha256 } from "./testing/table-crypto.ts";

const epoch = 0 as Epoch;
const nullDigest = sha256(utf8("null"));
const [a, b, c] = ["a", "b", "c"].map((name) => sha256(utf8(name))) as [Hash, Hash, Hash];

/** A view-change by its checkpoint and what it has prepared: [sequence, view, digest]. */
function viewChange(
  stable: number,
  ...prepared: readonly [number, number, Hash][]
): ReceivedSigned<ViewChange> {
  const statement = statementCodec.encode({
    epoch,
    sequence: stable as Sequence,
    stateRoot: a,
    agreedTime: hlcFromMs(stable),
  });
  const message: ViewChange = {
    epoch,
    newView: 9 as View,
    stable: stable === 0 ? undefined : { statement, signatures: [] },
    prepared: prepared.map(([sequence, view, digest]): Certificate => ({
      epoch,
      view: view as View,
      sequence: sequence as Sequence,
      digest,
      votes: [],
    })),
  };
  const author = 0 as ReplicaIndex;
  const body = new Uint8Array(0);
  const signature = new Uint8Array(64) as Signature;
  return { author, message, signed: { author, type: SIGNED_VIEW_CHANGE, epoch, body, signature } };
}

describe("O, computed from Q view-changes", () => {
  const cases: [string, ReceivedSigned<ViewChange>[], number, Hash[]][] = [
    ["nothing prepared: nothing to repeat", [viewChange(0), viewChange(0), viewChange(0)], 0, []],
    [
      "what one alone has prepared",
      [viewChange(0), viewChange(0, [1, 0, a]), viewChange(0)],
      0,
      [a],
    ],
    [
      "of two views the higher one, whatever the order",
      [viewChange(0, [1, 2, b]), viewChange(0, [1, 5, c]), viewChange(0, [1, 0, a])],
      0,
      [c],
    ],
    [
      "null requests in the gaps",
      [viewChange(0, [2, 0, a]), viewChange(0, [4, 1, b]), viewChange(0)],
      0,
      [nullDigest, a, nullDigest, b],
    ],
    [
      "nothing at or below the highest checkpoint",
      [viewChange(0, [2, 0, a], [4, 0, b]), viewChange(3), viewChange(1)],
      3,
      [b],
    ],
  ];
  it.each(cases)("%s", (_name, viewChanges, low, digests) => {
    for (const order of [viewChanges, viewChanges.toReversed()]) {
      const { low: from, list } = reproposalsOf(order, nullDigest);
      expect(from).toBe(low);
      expect(list).toEqual(digests.map((digest, index) => ({ sequence: low + 1 + index, digest })));
    }
  });
});
