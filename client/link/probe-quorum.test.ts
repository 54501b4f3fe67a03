import { describe, expect, it } from "vitest";
import { HLC_ZERO } from "../../base/hlc.ts";
import type {
  Epoch,
  Hash,
  PublicKey,
  ReplicaIndex,
  Sequence,
  Signature,
} from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import { heartbeatCodec } from "../../consensus/wire/certificate.ts";
import type { ProbeAnswer } from "../../consensus/wire/connection.ts";
import type { Fleet } from "./fleet.ts";
import { probeQuorum } from "./probe-quorum.ts";
import type { Platform } from "../platform/platform.ts";
import type { Sweep } from "./sweep.ts";

const NONCE = new Uint8Array(32).fill(7);
const members = (count: number): Committee["members"] =>
  Array.from({ length: count }, (_, at) => ({
    publicKey: new Uint8Array(32).fill(at) as PublicKey,
    address: `host:${at + 1}`,
  }));

interface Alarm {
  readonly due: number;
  readonly run: () => void;
}

/** A probe over links that answer when told to, with the configuration changing under it. */
class Probed {
  readonly committee = {
    clusterId: new Uint8Array(32) as Hash,
    epoch: 0 as Epoch,
    members: members(4),
    faultyMax: 1,
  };
  #now = 0;
  #alarms: Alarm[] = [];
  #asked = new Map<number, (answer: ProbeAnswer) => void>();
  answers: ReadonlyMap<ReplicaIndex, { readonly epoch: Epoch }> | undefined;

  constructor(graceMs: number) {
    const sweep = {
      nowMs: () => this.#now,
      after: (ms: number, run: () => void) => {
        const alarm = { due: this.#now + ms, run };
        this.#alarms.push(alarm);
        return () => void (this.#alarms = this.#alarms.filter((each) => each !== alarm));
      },
    } as unknown as Sweep;
    let links = this.#links(4);
    const fleet = {
      refused: false,
      get open() {
        return links;
      },
    } as unknown as Fleet;
    this.#relink = (count) => void (links = this.#links(count));
    const crypto = { verify: () => true, hash: (bytes: Uint8Array) => bytes };
    const platform = { randomBytes: () => NONCE, crypto } as unknown as Platform;
    const { committee } = this;
    const options = { deadlineMs: 60_000, signal: undefined, graceMs };
    void probeQuorum({ fleet, sweep, platform, committee }, options).then((answers) => {
      this.answers = answers;
    });
  }

  readonly #relink: (count: number) => void;

  enter(count: number): void {
    this.committee.epoch = (this.committee.epoch + 1) as Epoch;
    this.committee.members = members(count);
    this.#asked.clear();
    this.#relink(count);
  }

  answer(index: number, sequence: number): void {
    const heartbeat = heartbeatCodec.encode({
      ...{ epoch: this.committee.epoch, sequence: sequence as Sequence, asOf: HLC_ZERO },
      ...{ stateRoot: new Uint8Array(32) as Hash, nonce: NONCE },
    });
    const author = index as ReplicaIndex;
    const signature = new Uint8Array(64) as Signature;
    this.#asked.get(index)?.({ id: 1, heartbeat: { author, heartbeat, signature } });
  }

  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#alarms
        .filter(({ due }) => due <= until)
        .sort((left, right) => left.due - right.due)[0];
      if (next === undefined) break;
      this.#alarms = this.#alarms.filter((each) => each !== next);
      this.#now = next.due;
      next.run();
    }
    this.#now = until;
    await Promise.resolve();
  }

  #links(count: number): readonly object[] {
    return Array.from({ length: count }, (_, index) => ({
      index,
      open: true,
      lied: (reason: string) => {
        throw new Error(reason);
      },
      ask: (_question: object, onAnswer: (answer: ProbeAnswer) => void) => {
        this.#asked.set(index, onAnswer);
        return true;
      },
    }));
  }
}

describe("a probe over a change of members", () => {
  it("takes Q answers of one epoch, and none of the last one with them", async () => {
    const probed = new Probed(500);
    for (const [index, sequence] of [100, 100, 101].entries()) probed.answer(index, sequence);
    // Three of four answered, and not alike; now there are five, of whom four are needed.
    probed.enter(5);
    await probed.pass(1_000);
    expect(probed.answers).toBeUndefined();
    for (const index of [0, 1, 2, 3]) probed.answer(index, 102);
    await probed.pass(1_000);
    expect([...(probed.answers ?? [])].map(([, { epoch }]) => epoch)).toEqual([1, 1, 1, 1]);
  });

  it("without one, settles for what Q said when the others have had their time", async () => {
    const probed = new Probed(500);
    for (const [index, sequence] of [100, 100, 101].entries()) probed.answer(index, sequence);
    await probed.pass(1_000);
    expect(probed.answers?.size).toBe(3);
  });
});
