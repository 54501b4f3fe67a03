import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { Prng } from "../../base/prng.ts";
import { epoch, replicaIndex, sequence, view } from "../../base/types.ts";
import type { Hash, Hlc, Signature } from "../../base/types.ts";
import type { PromiseRecord } from "../../consensus/replica/output.ts";
import { statementCodec, VOTE_COMMIT, VOTE_PREPARE } from "../../consensus/wire/certificate.ts";
import type { Certificate, Vote } from "../../consensus/wire/certificate.ts";
import { decodePromise, encodePromise, sequenceOfPromise } from "./promise-record.ts";
import { initPromiseLog, openPromiseLog } from "./promise-folder.ts";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "quorate-promises-")), "promises");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

const digest = (byte: number): Hash => new Uint8Array(32).fill(byte) as Hash;

function vote(at: number, type: 2 | 3 = VOTE_PREPARE): PromiseRecord & { vote: Vote } {
  return {
    type: "vote",
    vote: {
      type,
      epoch: epoch(0),
      view: view(1),
      sequence: sequence(at),
      digest: digest(at % 256),
    },
  };
}

function certificate(at: number): Certificate {
  const { epoch, view, sequence, digest } = vote(at).vote;
  const packed = {
    author: replicaIndex(1),
    type: VOTE_PREPARE,
    leafIndex: 0,
    leafCount: 1,
  } as const;
  const signature = new Uint8Array(64).fill(9) as Signature;
  return { epoch, view, sequence, digest, votes: [{ ...packed, path: [], signature }] };
}

function statement(at: number): Uint8Array {
  return statementCodec.encode({
    epoch: epoch(0),
    sequence: sequence(at),
    stateRoot: digest(1),
    agreedTime: 7n as Hlc,
  });
}

function stable(at: number): PromiseRecord {
  const signatures = [{ author: replicaIndex(0), signature: new Uint8Array(64) as Signature }];
  return { type: "stable", certificate: { statement: statement(at), signatures } };
}

function batch(at: number, size = 100): PromiseRecord {
  return {
    type: "batch",
    sequence: sequence(at),
    digest: digest(at % 256),
    batch: new Prng(at).bytes(size),
  };
}

const oneOfEach: readonly PromiseRecord[] = [
  batch(1),
  batch(2, 0),
  vote(1),
  { type: "prepared", certificate: certificate(1) },
  vote(1, VOTE_COMMIT),
  { type: "committed", certificate: certificate(1) },
  { type: "statement", sequence: sequence(1), statement: statement(1) },
  stable(1),
  { type: "view-change", epoch: epoch(0), view: view(2), body: utf8("view-change") },
  { type: "new-view", epoch: epoch(0), view: view(2), body: utf8("new-view") },
];

function reopen(options: { segmentBytesMax?: number } = {}) {
  const opened = openPromiseLog(folder, options);
  if (opened.state !== "ok") throw new Error(`amnesiac: ${opened.why}`);
  return opened;
}

/** What opening says of a folder as it lies there: the number of records, or why not. */
async function verdict(): Promise<number | string> {
  const opened = openPromiseLog(folder);
  if (opened.state === "amnesiac") return opened.why;
  await opened.log.close();
  return opened.records.length;
}

async function write(turns: readonly (readonly PromiseRecord[])[], segmentBytesMax = 8 << 20) {
  initPromiseLog(folder);
  const { log } = reopen({ segmentBytesMax });
  for (const records of turns) {
    log.append(records);
    await log.sync();
  }
  return log;
}

const segments = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith("segment-"))
    .sort();
const pathOf = (name: string): string => join(folder, name);

describe("a promise record", () => {
  it.each(oneOfEach.map((record) => [record.type, record] as const))(
    "%s comes back as it was",
    (_type, record) => {
      const { kind, parts } = encodePromise(record);
      const bytes = new Uint8Array(Buffer.concat(parts));
      expect(decodePromise(kind, bytes)).toEqual(record);
      expect(decodePromise(kind, bytes.subarray(0, 7))).toBeUndefined();
    },
  );

  it("of an unknown kind is not understood", () => {
    expect(decodePromise(99, utf8("x"))).toBeUndefined();
  });

  it("names its sequence, but for views and acknowledgements", () => {
    expect(oneOfEach.map(sequenceOfPromise)).toEqual([
      1,
      2,
      1,
      1,
      1,
      1,
      1,
      1,
      undefined,
      undefined,
    ]);
    expect(sequenceOfPromise(vote(0))).toBeUndefined();
  });
});

describe("the promise log", () => {
  it("gives back what was synced, in order, over restarts", async () => {
    const log = await write([oneOfEach.slice(0, 4), oneOfEach.slice(4)]);
    await log.close();
    const again = reopen();
    expect(again.records).toEqual(oneOfEach);
    expect(again.torn).toBe(false);
    again.log.append([batch(3)]);
    await again.log.close();
    expect(reopen().records).toEqual([...oneOfEach, batch(3)]);
  });

  it("shares one flush among calls that wait", async () => {
    const log = await write([]);
    const waits: Promise<void>[] = [];
    for (let at = 1; at <= 500; at++) {
      log.append([vote(at)]);
      waits.push(log.sync());
    }
    await Promise.all(waits);
    await log.close();
    expect(reopen().records.length).toBe(500);
  });

  it("has one writer", async () => {
    const log = await write([[vote(1)]]);
    expect(() => openPromiseLog(folder)).toThrow(
      expect.objectContaining({ code: "FOLDER_IN_USE" }),
    );
    await log.close();
    expect(await verdict()).toBe(1);
  });

  it("is never made anew where promises are", async () => {
    await (await write([[vote(1)]])).close();
    expect(() => initPromiseLog(folder)).toThrow(
      expect.objectContaining({ code: "PROMISES_EXIST" }),
    );
  });

  it("goes on in a new segment when one is full", async () => {
    const turns = Array.from({ length: 40 }, (_, at) => [batch(at + 1, 500)]);
    await (await write(turns, 2000)).close();
    expect(segments().length).toBeGreaterThan(5);
    expect(reopen().records).toEqual(turns.flat());
  });

  it("drops whole segments, and keeps the last stable, view-change and new-view", async () => {
    const turns = Array.from({ length: 40 }, (_, at) => [batch(at + 1, 500)]);
    const lasting = oneOfEach.slice(7);
    const log = await write([lasting, ...turns], 2000);
    const before = segments().length;
    log.truncate(sequence(30));
    await log.sync();
    expect(segments().length).toBeLessThan(before);
    await log.close();
    const { records } = reopen();
    const left = records.flatMap((record) => (record.type === "batch" ? [record.sequence] : []));
    expect(left.slice(-10)).toEqual([31, 32, 33, 34, 35, 36, 37, 38, 39, 40]);
    expect(left.length).toBeLessThan(15);
    expect(records.filter((record) => record.type !== "batch")).toEqual([
      { type: "floor", below: 30 },
      ...lasting,
    ]);
  });

  it("keeps the newer of two view-changes when the older's segment goes", async () => {
    const older: PromiseRecord = {
      type: "view-change",
      epoch: epoch(0),
      view: view(2),
      body: utf8("2"),
    };
    const newer: PromiseRecord = { ...older, view: view(3), body: utf8("3") };
    const turns = Array.from({ length: 20 }, (_, at) => [batch(at + 1, 500)]);
    const log = await write([[older], ...turns], 2000);
    log.append([newer]);
    log.truncate(sequence(15));
    await log.close();
    const views = reopen().records.filter((record) => record.type === "view-change");
    expect(views).toEqual([newer]);
  });
});

describe("after a crash", () => {
  it("a turn that was cut short anywhere is gone, and all before it is there", async () => {
    const log = await write([[batch(1)], [batch(2)]]);
    await log.close();
    const path = pathOf("segment-00000001");
    const whole = readFileSync(path);
    const log3 = reopen().log;
    log3.append([batch(3)]);
    await log3.sync();
    const longer = readFileSync(path);
    await log3.close();
    const rng = new Prng(1);
    for (let cut = whole.length + 1; cut < longer.length; cut += 1 + rng.below(9)) {
      writeFileSync(path, longer.subarray(0, cut));
      const opened = reopen();
      expect(opened.torn).toBe(true);
      expect(opened.records).toEqual([batch(1), batch(2)]);
      await opened.log.close();
    }
  });

  it("what was promised after a cut turn is kept", async () => {
    await (await write([[batch(1)]])).close();
    appendFileSync(pathOf("segment-00000001"), "QPF1 half a turn");
    const { log } = reopen();
    log.append([batch(2)]);
    await log.close();
    expect(await verdict()).toBe(2);
  });

  it("a next segment that nothing was written to is made again", async () => {
    await (await write([[batch(1)]])).close();
    writeFileSync(pathOf("segment-00000002"), "");
    expect(await verdict()).toBe(1);
    expect(segments()).toEqual(["segment-00000001"]);
  });

  it("segments that had been dropped already stay dropped", async () => {
    const turns = Array.from({ length: 20 }, (_, at) => [batch(at + 1, 500)]);
    const log = await write(turns, 2000);
    const copy = join(folder, "..", "copy");
    cpSync(folder, copy, { recursive: true });
    log.truncate(sequence(15));
    await log.close();
    const names = segments();
    const expected = await verdict();
    // As if the crash had come between the floor and the removals.
    const dropped = readdirSync(copy).filter(
      (name) => name.startsWith("segment-") && !names.includes(name),
    );
    expect(dropped.length).toBeGreaterThan(1);
    for (const name of dropped) copyFileSync(join(copy, name), pathOf(name));
    expect(await verdict()).toBe(expected);
    expect(segments()).toEqual(names);
  });
});

describe("segments that a crash brought back", () => {
  it("are dropped again, in whatever order their removals were lost", async () => {
    const turns = Array.from({ length: 20 }, (_, at) => [batch(at + 1, 500)]);
    const log = await write(turns, 2000);
    const copy = join(folder, "..", "copy");
    cpSync(folder, copy, { recursive: true });
    log.truncate(sequence(15));
    await log.close();
    const names = segments();
    const expected = await verdict();
    // The first of the dropped is there again, and the next one is not.
    copyFileSync(join(copy, "segment-00000001"), pathOf("segment-00000001"));
    expect(names).not.toContain("segment-00000002");
    expect(await verdict()).toBe(expected);
    expect(segments()).toEqual(names);
  });
});

describe("amnesia", () => {
  it("is a missing folder, and a folder without a file", async () => {
    expect(await verdict()).toMatch(/missing|no promise file/);
    await (await write([[vote(1)]])).close();
    rmSync(pathOf("segment-00000001"));
    expect(await verdict()).toBe("there is no promise file");
  });

  it("is any segment missing, the first and the last too", async () => {
    const turns = Array.from({ length: 20 }, (_, at) => [batch(at + 1, 500)]);
    await (await write(turns, 2000)).close();
    for (const name of segments()) {
      const aside = join(folder, "..", "aside");
      renameSync(pathOf(name), aside);
      expect(await verdict()).toContain("is missing");
      renameSync(aside, pathOf(name));
    }
    expect(await verdict()).toBe(20);
  });

  it("is any flipped bit before the last turn", async () => {
    await (await write([oneOfEach.slice(0, 5), oneOfEach.slice(5), [vote(2)]])).close();
    const path = pathOf("segment-00000001");
    const whole = readFileSync(path);
    // The last frame says that the log was closed; everything before it had been promised.
    const end = whole.lastIndexOf("QPF1");
    const rng = new Prng(2);
    for (let round = 0; round < 300; round++) {
      const damaged = Buffer.from(whole);
      const at = rng.below(end);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << rng.below(8));
      writeFileSync(path, damaged);
      expect(await verdict()).toMatch(/damaged/);
    }
  });

  it("is any flipped bit in a segment that is not the last", async () => {
    const turns = Array.from({ length: 8 }, (_, at) => [batch(at + 1, 500)]);
    await (await write(turns, 2000)).close();
    const path = pathOf("segment-00000001");
    const whole = readFileSync(path);
    const rng = new Prng(3);
    for (let round = 0; round < 100; round++) {
      const damaged = Buffer.from(whole);
      const at = rng.below(whole.length);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << rng.below(8));
      writeFileSync(path, damaged);
      expect(typeof (await verdict())).toBe("string");
    }
    truncateSync(path, statSync(path).size - 1);
    expect(await verdict()).toContain("segment-00000001");
  });

  it("is a commit vote whose prepared certificate is not there", async () => {
    await (await write([[vote(1), vote(1, VOTE_COMMIT)]])).close();
    expect(await verdict()).toBe("the commit of sequence 1 lacks what it rests on");
  });

  it("is no file of another replica's log either", async () => {
    const turns = Array.from({ length: 8 }, (_, at) => [batch(at + 1, 500)]);
    await (await write(turns, 2000)).close();
    copyFileSync(pathOf("segment-00000002"), pathOf("segment-00000001"));
    expect(await verdict()).toContain("segment-00000001");
  });

  it("leaves the files as they were", async () => {
    await (await write([[vote(1)], [vote(2)]])).close();
    const path = pathOf("segment-00000001");
    const damaged = readFileSync(path);
    damaged[60] = (damaged[60] ?? 0) ^ 1;
    writeFileSync(path, damaged);
    expect(typeof (await verdict())).toBe("string");
    expect(readFileSync(path)).toEqual(damaged);
  });
});
