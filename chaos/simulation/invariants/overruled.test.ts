import { describe, expect, it } from "vitest";
import { utf8 } from "../../../base/bytes.ts";
import type { Epoch, ReplicaIndex, Sequence, View } from "../../../base/types.ts";
import type { Input } from "../../../consensus/replica/input.ts";
import type { Output } from "../../../consensus/replica/output.ts";
import { VOTE_PRE_PREPARE, certificateCodec } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { tableCryptography } from "../world/crypto-table.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { CheckerFrame } from "./checker.ts";
import { Overruled } from "./overruled.ts";

const { crypto } = tableCryptography();
const TICK: Input = { type: "tick" };
const place = { epoch: 0 as Epoch, view: 0 as View, sequence: 3 as Sequence };

/** Replica 1 was proposed one batch, replica 2 the one that the view agreed on. */
class Scene {
  readonly world = { nowMs: 0, mark: (): void => undefined };
  readonly frame = {
    world: this.world,
    plan: { healMs: 10_000 },
    committee: { members: [{}, {}, {}, {}], faultyMax: 1, epoch: 0 },
  } as unknown as CheckerFrame;
  readonly checker = new Overruled(this.frame);
  readonly replicas = [1, 2].map((index) => {
    const status = { view: 0, stable: 0 };
    const { committee } = this.frame;
    const process = { hasEnded: false, committee, machine: { status } };
    return { index, name: `replica ${index}`, isCorrect: true, process, status };
  });

  step(at: number, input: Input, outputs: readonly Output[] = []): void {
    const replica = this.replicas[at - 1] as unknown as SimulatedReplica;
    this.checker.step(replica, input, outputs);
  }

  propose(at: number, batch: string): void {
    const digest = crypto.hash(utf8(batch));
    const vote = { vote: { ...place, type: VOTE_PRE_PREPARE, digest }, packed: { author: 0 } };
    this.step(at, { type: "vote", vote } as unknown as Input);
  }

  commit(at: number, batch: string, more: readonly Output[] = []): void {
    const certificate = { ...place, digest: crypto.hash(utf8(batch)), votes: [] };
    this.step(at, TICK, [{ type: "persist", record: { type: "committed", certificate } }, ...more]);
  }

  show(batch: string): Output {
    const certificate = { ...place, digest: crypto.hash(utf8(batch)), votes: [] };
    const body = certificateCodec.encode(certificate);
    return { type: "send", to: "all", kind: FRAME.proposal, body };
  }

  accuse(at: number): void {
    const author = 0 as ReplicaIndex;
    this.step(at, TICK, [{ type: "evidence", author, what: "votes" } as unknown as Output]);
  }

  overrule(): void {
    this.propose(1, "one");
    this.propose(2, "other");
    this.commit(2, "other");
    this.commit(1, "other", [this.show("one")]);
  }

  lookAt(nowMs: number): () => void {
    return () => {
      this.world.nowMs = nowMs;
      this.checker.look();
    };
  }
}

const checker = "equivocation proven";

describe("an equivocation of which two correct replicas saw a side each", () => {
  it("is shown at once by the one who was overruled, unless it has evidence already", () => {
    const silent = new Scene();
    silent.propose(1, "one");
    expect(() => silent.commit(1, "other")).toThrow(expect.objectContaining({ checker }));
    const proven = new Scene();
    proven.propose(1, "one");
    proven.accuse(1);
    expect(() => proven.commit(1, "other")).not.toThrow();
  });

  it("is proven within seconds after the healing, or it is a violation", () => {
    const scene = new Scene();
    scene.overrule();
    expect(scene.lookAt(14_000)).not.toThrow();
    expect(scene.lookAt(16_000)).toThrow(expect.objectContaining({ checker }));
  });

  it("is proven by evidence of the one who was overruled", () => {
    const scene = new Scene();
    scene.overrule();
    scene.accuse(1);
    expect(scene.lookAt(16_000)).not.toThrow();
  });

  it.each<[string, (scene: Scene) => void]>([
    ["ended", ({ replicas }) => (replicas[1]!.process.hasEnded = true)],
    ["dropped the log", ({ replicas }) => (replicas[1]!.status.stable = 3)],
    ["left the view far behind", ({ replicas }) => (replicas[1]!.status.view = 2)],
    ["lies itself", ({ replicas }) => (replicas[1]!.isCorrect = false)],
  ])("is not asked for when the other one %s", (_what, happen) => {
    const scene = new Scene();
    scene.overrule();
    happen(scene);
    expect(scene.lookAt(16_000)).not.toThrow();
  });

  it("is none when what was committed is what was proposed", () => {
    const scene = new Scene();
    for (const at of [1, 2]) {
      scene.propose(at, "one");
      scene.commit(at, "one");
    }
    expect(scene.lookAt(16_000)).not.toThrow();
  });
});
