import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Hash, Sequence } from "../../base/types.ts";
import { PAGE_COUNT_MAX } from "../../consensus/limits.ts";
import type { RevocationTail, RevocationTailAnswer } from "../../consensus/wire/connection.ts";
import { revocationRecordCodec } from "../../consensus/wire/rows.ts";
import { connect } from "../connect.ts";
import type { Client } from "../connect.ts";
import { FakeCluster } from "../testing/fake-cluster.ts";
import type { RevocationFollower, Revoked } from "./revocation-follower.ts";

/** Three pages: two full ones and a rest. */
const RECORD_COUNT = 2 * PAGE_COUNT_MAX + 88;
const LIAR = 2;

let cluster: FakeCluster;
let folder: string;
let client: Client;
/** Pages that the liar was asked for, by the index that they begin with. */
let askedOfLiar: number[];
let heard: Revoked[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-log-"));
  cluster = await FakeCluster.start();
  askedOfLiar = [];
  heard = [];
  for (let index = 0; index < RECORD_COUNT; index++) cluster.state.revoke("space", `name ${index}`);
});
afterEach(async () => {
  await client?.close();
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
});

async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function follow(): Promise<RevocationFollower> {
  client = await connect({ genesis: cluster.genesis, folder });
  await waitUntil(() => client.status().replicas.every((one) => one.connected));
  const follower = client.followRevocations();
  follower.onRevoked((records) => heard.push(...records));
  cluster.push();
  return follower;
}

function liesOf(index: number): [string, number][] {
  return [...client.status().replicas[index]!.lies];
}

type Health = ReturnType<Client["status"]>["replicas"][number];
const isCaught = ({ lies }: Health): boolean => lies.size > 0;

type TailLie = (
  answer: RevocationTailAnswer,
  tail: RevocationTail,
) => RevocationTailAnswer | "silence";

/** One lies; the others have no certificate to show until it was met on the page it lies on. */
function lieOn(page: number, lie: TailLie, isMet: (health: Health) => boolean = isCaught): void {
  const first = page * PAGE_COUNT_MAX;
  for (const [index, script] of cluster.scripts.entries()) {
    script.tail = (answer, tail) => {
      if (index !== LIAR) {
        const isServing = askedOfLiar.includes(first) && isMet(client.status().replicas[LIAR]!);
        return isServing ? answer : { ...answer, certificate: undefined };
      }
      askedOfLiar.push(tail.from);
      return tail.from === first ? lie(answer, tail) : answer;
    };
  }
}

function changed(records: readonly Uint8Array[], at: number): Uint8Array[] {
  const record = revocationRecordCodec.decode(records[at]!);
  const other = revocationRecordCodec.encode({ ...record, key: new Uint8Array(32) as Hash });
  return records.with(at, other);
}

const PAGE_LIES: readonly (readonly [string, TailLie])[] = [
  ["another record", (answer) => ({ ...answer, records: changed(answer.records, 17) })],
  [
    "another last record",
    (answer) => {
      return { ...answer, records: changed(answer.records, answer.records.length - 1) };
    },
  ],
  ["a record left out", (answer) => ({ ...answer, records: answer.records.toSpliced(9, 1) })],
  [
    "a record twice",
    (answer) => {
      return { ...answer, records: answer.records.toSpliced(9, 1, answer.records[8]!) };
    },
  ],
  ["garbage for a record", (answer) => ({ ...answer, records: [Uint8Array.of(255)] })],
];

describe("following a log of three pages", () => {
  it("hears every record once and in order", async () => {
    const follower = await follow();
    await waitUntil(() => follower.followedTo?.count === RECORD_COUNT);
    expect(heard.map(({ index }) => index)).toEqual([...Array(RECORD_COUNT).keys()]);
    for (const index of [0, 1, 2, 3]) expect(liesOf(index)).toEqual([]);
  });

  describe.each([0, 1, 2])("a liar on page %i", (page) => {
    it.each(PAGE_LIES)("that answers %s is named, and another is asked", async (_what, lie) => {
      lieOn(page, lie);
      const follower = await follow();
      await waitUntil(() => follower.followedTo?.count === RECORD_COUNT);
      expect(askedOfLiar).toContain(page * PAGE_COUNT_MAX);
      expect(liesOf(LIAR)).toEqual([["forged-revocation", 1]]);
      for (const index of [0, 1, 3]) expect(liesOf(index)).toEqual([]);
      expect(heard.map(({ index }) => index)).toEqual([...Array(RECORD_COUNT).keys()]);
      expect(new Set(heard.map(({ key }) => key.toString())).size).toBe(RECORD_COUNT);
    });
  });

  it("the liar is not the first to be asked afterwards", async () => {
    lieOn(1, PAGE_LIES[0]![1]);
    const follower = await follow();
    await waitUntil(() => follower.followedTo?.count === RECORD_COUNT);
    const asked: number[] = [];
    for (const [index, script] of cluster.scripts.entries()) {
      script.tail = (answer) => {
        asked.push(index);
        return answer;
      };
    }
    cluster.sequence = (cluster.sequence + 1) as Sequence;
    cluster.state.revoke("space", "one more");
    cluster.push();
    await waitUntil(() => follower.followedTo?.count === RECORD_COUNT + 1);
    expect(asked[0]).not.toBe(LIAR);
  });

  it.each<readonly [string, TailLie]>([
    ["keeps silent", () => "silence"],
    ["has no root any more", (answer) => ({ ...answer, certificate: undefined })],
    ["answers half a page", (answer) => ({ ...answer, records: answer.records.slice(0, 100) })],
    ["answers an empty page", (answer) => ({ ...answer, records: [] })],
  ])("who %s on page 2 is left and not blamed", async (_what, lie) => {
    lieOn(1, lie, ({ stalls }) => stalls > 0);
    const follower = await follow();
    await waitUntil(() => follower.followedTo?.count === RECORD_COUNT);
    expect(liesOf(LIAR)).toEqual([]);
    expect(client.status().replicas[LIAR]!.stalls).toBeGreaterThan(0);
    expect(heard).toHaveLength(RECORD_COUNT);
  });
});

describe("the position kept on disk", () => {
  async function restart(): Promise<RevocationFollower> {
    await client.close();
    heard = [];
    return follow();
  }

  it("is gone on from", async () => {
    const first = await follow();
    await waitUntil(() => first.followedTo?.count === RECORD_COUNT);
    cluster.sequence = (cluster.sequence + 1) as Sequence;
    cluster.state.revoke("space", "one more");
    const second = await restart();
    await waitUntil(() => second.followedTo?.count === RECORD_COUNT + 1);
    expect(heard.map(({ index }) => index)).toEqual([RECORD_COUNT]);
  });

  it("is given up when more replicas than may lie lead elsewhere from it", async () => {
    const first = await follow();
    await waitUntil(() => first.followedTo?.count === RECORD_COUNT);
    await client.close();
    damageKeptHead();
    cluster.sequence = (cluster.sequence + 1) as Sequence;
    cluster.state.revoke("space", "one more");
    heard = [];
    const second = await follow();
    await waitUntil(() => second.followedTo?.count === RECORD_COUNT + 1);
    expect(heard).toHaveLength(RECORD_COUNT + 1);
  });
});

/** Turns the head in the state file into another one of the right form. */
function damageKeptHead(): void {
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    const text = readFileSync(path, "utf8");
    const found = text.replace(/"head":"[0-9a-f]{64}"/, `"head":"${"ab".repeat(32)}"`);
    expect(found).not.toBe(text);
    writeFileSync(path, found);
  }
}
