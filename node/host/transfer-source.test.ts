import { expect, it } from "vitest";
import { HASH_SIZE } from "../../base/types.ts";
import type { Hash, ReplicaIndex, Sequence } from "../../base/types.ts";
import type { State } from "../../consensus/execution/state.ts";
import { fetchNodesCodec } from "../../consensus/wire/agreement.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import { PIN_COUNT_MAX, PIN_MS_MAX, PIN_WHOLE_MS_MAX } from "../limits.ts";
import { Tally } from "../metrics/tally.ts";
import { TransferSource } from "./transfer-source.ts";

const PEER = 1 as ReplicaIndex;
const ROOT = new Uint8Array(HASH_SIZE) as Hash;

/** As much of a state as pins, and the roots that are pinned in it. */
function createSource(): {
  readonly source: TransferSource;
  readonly pinned: Set<number>;
  readonly ask: (sequence: number, nowMs: number) => void;
} {
  const pinned = new Set<number>();
  const state = {
    pin: (sequence: Sequence) => pinned.add(sequence).size > 0,
    unpin: (sequence: Sequence) => pinned.delete(sequence),
    answerNodes: () => ({ root: ROOT, gone: true, nodes: [] }),
  } as unknown as State;
  const source = new TransferSource({ state, drops: new Tally(), send: () => undefined });
  const ask = (sequence: number, nowMs: number): void => {
    const body = fetchNodesCodec.encode({ sequence: sequence as Sequence, root: ROOT, paths: [] });
    source.onFrame(PEER, FRAME.fetchNodes, body, nowMs);
    source.sweep(nowMs);
  };
  return { source, pinned, ask };
}

it("a root stays pinned while it is asked about, and goes a while after", () => {
  const { source, pinned, ask } = createSource();
  ask(7, 0);
  ask(7, PIN_MS_MAX);
  expect([...pinned]).toEqual([7]);
  source.sweep(2 * PIN_MS_MAX);
  expect([...pinned]).toEqual([7]);
  source.sweep(2 * PIN_MS_MAX + 1);
  expect(pinned.size).toBe(0);
});

it("a peer that asks for ever keeps no root for ever", () => {
  const { pinned, ask } = createSource();
  for (let nowMs = 0; nowMs <= PIN_WHOLE_MS_MAX; nowMs += PIN_MS_MAX) ask(7, nowMs);
  expect([...pinned]).toEqual([7]);
  ask(7, PIN_WHOLE_MS_MAX + 1);
  expect(pinned.size).toBe(0);
});

it("only some roots are pinned at a time", () => {
  const { pinned, ask } = createSource();
  for (let sequence = 1; sequence <= PIN_COUNT_MAX + 3; sequence++) ask(sequence, 0);
  expect(pinned.size).toBe(PIN_COUNT_MAX);
});

it("nothing stays pinned when it ends: the next epoch's source has all places", () => {
  const { source, pinned, ask } = createSource();
  for (let sequence = 1; sequence <= PIN_COUNT_MAX; sequence++) ask(sequence, 0);
  source.close();
  expect(pinned.size).toBe(0);
});
