import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client, GetResult } from "../../client/connect.ts";
import { eventually, metric } from "../../client/gateway/testing/door-world.ts";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import { runJson } from "../run-quorate.ts";
import { everyLie } from "../../chaos/liar/lies.ts";
import type { LiePlan, ReadLie } from "../../chaos/liar/lies.ts";
import { runLyingReplica } from "../../chaos/liar/run-lying-replica.ts";
import type { LyingReplica } from "../../chaos/liar/run-lying-replica.ts";
import { askStatus, equalRoots } from "./equal-roots.ts";
import { verifyEvidenceFile } from "./verify-with-cli.ts";

/** The first primary lies, under its own true key; three real processes beside it do not. */
const LIAR = 0;
const HONEST = [1, 2, 3];
const SPACE = "lied-about";

interface EvidenceList {
  readonly evidence: readonly { readonly name: string; readonly accused: number }[];
}

const SILENT: LiePlan = {
  equivocation: undefined,
  statements: false,
  reads: [],
  roots: undefined,
  submits: undefined,
  probes: false,
  blobs: false,
};

describe("one replica that lies", () => {
  let cluster: LocalCluster;
  let liar: LyingReplica;
  let client: Client;

  const open = (): Promise<Client> =>
    connect({
      genesis: cluster.genesis,
      signer: readKeyFile(join(cluster.folder, "writer", "key.json")),
    });
  const tell = (plan: Partial<LiePlan>): LiePlan => Object.assign(liar.plan, SILENT, plan);
  const liesOf = (one: Client): ReadonlyMap<string, number> => one.status().replicas[LIAR]!.lies;

  beforeAll(async () => {
    cluster = await LocalCluster.create();
    liar = await runLyingReplica(cluster.nodeFolder(LIAR));
    await cluster.startAll(HONEST);
    client = await open();
  });
  afterAll(async () => {
    await client?.close();
    await liar?.close();
    await cluster?.stop();
  });

  /** Puts this many, of all sizes that travel differently, and reads every one of them back. */
  async function putAndGet(name: string, count: number): Promise<void> {
    const values = new Map<string, Uint8Array>();
    for (let number = 0; number < count; number++) {
      const size = number % 10 === 9 ? 100_000 : number % 5 === 4 ? 6_000 : 500;
      values.set(`${name}-${number}`, new Uint8Array(randomBytes(size)));
    }
    for (const [key, value] of values) {
      expect((await client.put(SPACE, key, value)).outcome).toBe("accepted");
    }
    const readers = [client, await open(), await open()];
    for (const reader of readers) {
      for (const [key, value] of values) {
        for (const kind of ["session", "certified"] as const) {
          expect(await bytesOf(await reader.get(SPACE, key, { kind })), key).toEqual(value);
        }
      }
    }
    await Promise.all(readers.slice(1).map((reader) => reader.close()));
  }

  /** Every piece that the honest give out, wherever it lies. */
  async function heldEvidence(): Promise<Uint8Array[]> {
    const held: Uint8Array[] = [];
    for (const index of HONEST) {
      const list = await (await cluster.get(index, "/evidence")).json();
      for (const { name, accused } of (list as EvidenceList).evidence) {
        expect(accused).toBe(LIAR);
        const file = await cluster.get(index, `/evidence/${name}`);
        held.push(new Uint8Array(await file.arrayBuffer()));
      }
    }
    return held;
  }

  async function expectEqualRoots(): Promise<void> {
    const lines = await equalRoots(cluster, HONEST);
    expect(lines).toHaveLength(HONEST.length);
    expect(new Set(lines.map((line) => line.sequence)).size).toBe(1);
    expect(new Set(lines.map((line) => line.stateRoot)).size).toBe(1);
  }

  /** Fresh readers, which know nothing of anybody, until one was lied to and counted it as this. */
  async function untilRefused(
    reason: string,
    read: (reader: Client) => Promise<void>,
  ): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const reader = await open();
      try {
        await read(reader);
        const health = reader.status().replicas;
        for (const index of HONEST)
          expect([...health[index]!.lies], `replica ${index}`).toEqual([]);
        if (liesOf(reader).has(reason)) return;
      } finally {
        await reader.close();
      }
    }
    throw new Error(`no reader refused "${reason}"`);
  }

  /** Takes the turn from whoever has it, until the view is the liar's. */
  async function makeLiarPrimary(): Promise<number> {
    const plan = { ...liar.plan };
    tell({});
    let { view, primary } = await askStatus(cluster);
    while (primary !== LIAR) {
      await cluster.kill(primary);
      await client.put(SPACE, `turn-${view}-${randomBytes(4).toString("hex")}`, new Uint8Array(1));
      cluster.launch(primary);
      await cluster.ready(primary);
      ({ view, primary } = await askStatus(cluster));
    }
    tell(plan);
    return view;
  }

  describe("as the primary", () => {
    it("tells one backup of another batch, and everybody every other lie: every put completes, every get is right", async () => {
      const enough = (): boolean =>
        liar.told.of("equivocation") >= 10 && liar.told.of("wrong-statement") >= 10;
      // On a busy machine it may lose its turn for being slow: it gets another one.
      for (let turn = 0; turn === 0 || (turn < 5 && !enough()); turn++) {
        await makeLiarPrimary();
        await putAndGet(`one-${turn}`, 20);
      }
      expect(liar.told.of("equivocation")).toBeGreaterThanOrEqual(10);
      expect(liar.told.of("wrong-statement")).toBeGreaterThanOrEqual(10);
      await expectEqualRoots();
    });

    it("tells each backup of another batch: a view change makes another one primary", async () => {
      tell({ ...everyLie(), equivocation: "each" });
      let view = await makeLiarPrimary();
      const before = liar.told.of("equivocation");
      await putAndGet("each", 15);
      // It may have lost its turn for being slow, before it told anything: it gets another one.
      for (let turn = 1; turn < 5 && liar.told.of("equivocation") === before; turn++) {
        view = await makeLiarPrimary();
        await putAndGet(`each-${turn}`, 2);
      }
      expect(liar.told.of("equivocation")).toBeGreaterThan(before);
      const now = await askStatus(cluster);
      expect(now.view).toBeGreaterThan(view);
      expect(now.primary).not.toBe(LIAR);
      await expectEqualRoots();
    });
  });

  describe("to a stranger with cluster.json", () => {
    it("an honest replica gives out evidence that convicts the liar and nobody else", async () => {
      let held: Uint8Array[] = [];
      await eventually(async () => (held = await heldEvidence()).length > 0);
      const { exitCode, output } = await verifyEvidenceFile(cluster, held[0]!);
      expect(exitCode, output).toBe(0);
      expect(JSON.parse(output)).toMatchObject({ valid: true, accused: [LIAR] });
      held[0]![held[0]!.length - 1]! ^= 1;
      expect((await verifyEvidenceFile(cluster, held[0]!)).exitCode).toBe(1);
    });
  });

  describe("convicted", () => {
    it("is quarantined by an ordered operation, and loses its turn at once", async () => {
      tell({});
      await makeLiarPrimary();
      const file = join(cluster.folder, "liar.evidence");
      writeFileSync(file, (await heldEvidence())[0]!);
      const folder = ["--dir", cluster.folder];
      const submitted = await runJson<{ readonly quarantined: readonly number[] }>([
        ...["evidence", "submit", file, ...folder],
      ]);
      expect(submitted).toMatchObject({ exitCode: 0, quarantined: [LIAR] });
      await eventually(async () => (await askStatus(cluster)).primary !== LIAR);
      // One of them answered; each executes it.
      await eventually(async () => {
        const { replicas } = await askStatus(cluster);
        return HONEST.every((index) => replicas[index]!.quarantined?.join() === String(LIAR));
      });
      await putAndGet("without", 5);
      await expectEqualRoots();
    });
  });

  describe("to a reader: refused, counted by name, and another one asked", () => {
    const value = new Uint8Array(randomBytes(700));
    beforeAll(async () => {
      tell({});
      const { sequence } = await client.put(SPACE, "small", value);
      // A reader that has seen nothing yet may follow any fresh root: it is in all of them.
      await eventually(async () => {
        const certified = await Promise.all(
          [LIAR, ...HONEST].map((index) => cluster.metric(index, "quorate_certified_sequence")),
        );
        return Math.min(...certified) >= sequence;
      });
    });

    const lies: readonly (readonly [ReadLie, string])[] = [
      ["forged-receipt", "forged-certificate"],
      ["wrong-value", "wrong-value"],
      ["wrong-row", "wrong-row"],
      ["denied", "wrong-row"],
      ["forged-proof", "forged-proof"],
      ["old-certificate", "stale-root"],
    ];
    it.each(lies)("%s is refused as %s", async (lie, reason) => {
      tell({ reads: [lie] });
      const before = liar.told.of(lie);
      await untilRefused(reason, async (reader) => {
        expect(await bytesOf(await reader.get(SPACE, "small"))).toEqual(value);
      });
      expect(liar.told.of(lie)).toBeGreaterThan(before);
    });

    it("an answer from before the entry was withdrawn is refused as below-floor", async () => {
      let count = 0;
      await untilRefused("below-floor", async (reader) => {
        const key = `withdrawn-${count++}`;
        tell({});
        await client.put(SPACE, key, value);
        const linearizable = { kind: "linearizable" } as const;
        expect((await reader.get(SPACE, key, linearizable)).status).toBe("hit");
        await client.delete(SPACE, key);
        await reader.get(SPACE, "small", linearizable);
        tell({ reads: ["old-answer"] });
        expect((await reader.get(SPACE, key)).status).toBe("miss");
      });
    });

    it("wrong bytes of a large value are refused as wrong-value", async () => {
      const large = new Uint8Array(randomBytes(80_000));
      await client.put(SPACE, "large", large);
      tell({ blobs: true });
      await untilRefused("wrong-value", async (reader) => {
        expect(await bytesOf(await reader.get(SPACE, "large"))).toEqual(large);
      });
    });

    it("a root that nobody certified is refused as forged-certificate, and followed by nobody", async () => {
      tell({ roots: "forged" });
      await untilRefused("forged-certificate", async (reader) => {
        const { sequence } = await client.put(SPACE, randomBytes(8).toString("hex"), value);
        const read = await reader.get(SPACE, "small", { kind: "linearizable" });
        expect(await bytesOf(read)).toEqual(value);
        expect(read.sequence).toBeGreaterThanOrEqual(sequence);
        expect(reader.status().sequence).toBeLessThan(sequence + 1000);
      });
      expect(liar.told.of("forged-root")).toBeGreaterThan(0);
    });

    it("an old root as the newest one holds nobody back", async () => {
      tell({ roots: "old" });
      const reader = await open();
      for (let count = 0; count < 20; count++) {
        const { sequence } = await client.put(SPACE, `newer-${count}`, value);
        const read = await reader.get(SPACE, `newer-${count}`, { kind: "linearizable" });
        expect(read.status).toBe("hit");
        expect(read.sequence).toBeGreaterThanOrEqual(sequence);
      }
      // Roots are pushed beside the answers, and again with each heartbeat.
      await eventually(() => liar.told.of("old-root") > 0);
      await reader.close();
    });

    it("a sequence that it alone has seen holds up no linearizable read", async () => {
      tell({ probes: true });
      const before = liar.told.of("false-floor");
      const isTold = (): boolean => liar.told.of("false-floor") > before;
      // A quorum is enough: who is slow may not have come to answer yet.
      for (let count = 0; count < 10 || !isTold(); count++) {
        const read = await client.get(SPACE, "small", { kind: "linearizable" });
        expect(await bytesOf(read)).toEqual(value);
      }
    });
  });

  describe("to a writer", () => {
    it("an execution that it cannot prove is refused as forged-execution", async () => {
      tell({ submits: "forged-execution" });
      const counted = (): number => liesOf(client).get("forged-execution") ?? 0;
      const before = counted();
      for (let count = 0; counted() === before && count < 50; count++) {
        // Not inline: such a set goes to all replicas, so that all of them answer.
        const value = new Uint8Array(randomBytes(70_000));
        const key = `forged-execution-${count}`;
        await client.put(SPACE, key, value);
        expect(await bytesOf(await client.get(SPACE, key))).toEqual(value);
      }
      expect(counted()).toBeGreaterThan(before);
    });

    it("its refusal alone refuses nothing", async () => {
      tell({ submits: "false-refusal" });
      for (let count = 0; count < 10 || liar.told.of("false-refusal") === 0; count++) {
        const value = new Uint8Array(randomBytes(70_000));
        const put = await client.put(SPACE, `refused-${count}`, value);
        expect(put.outcome).toBe("accepted");
      }
    });
  });

  describe("to a gateway", () => {
    let home: string;
    beforeEach(() => {
      home = mkdtempSync(join(tmpdir(), "quorate-lied-to-"));
      return () => rmSync(home, { recursive: true, force: true });
    });

    it("every hit is right, and its metrics name what it refused", async () => {
      tell({ ...everyLie(), roots: "forged" });
      const values = Array.from(
        { length: 30 },
        (_, number) => new Uint8Array(randomBytes(number % 3 === 0 ? 20_000 : 300)),
      );
      for (const [number, value] of values.entries()) {
        await client.put(SPACE, `through-${number}`, value);
      }
      const { genesis } = cluster;
      // A tool's patience is no matter here: who is slow is no liar.
      const patience = { doorDeadlineMs: 20_000 };
      const gateway = await runGateway({ genesis, folder: home, port: 0, ...patience });
      try {
        await eventually(async () => (await fetch(`${gateway.url}/readyz`)).ok);
        for (const [number, value] of values.entries()) {
          const answer = await fetch(`${gateway.url}/cache/${SPACE}/through-${number}`);
          expect(answer.headers.get("x-quorate-certainty"), `${number}`).toBe("certified");
          expect(new Uint8Array(await answer.arrayBuffer())).toEqual(value);
        }
        await client.put(SPACE, "one-more-root", new Uint8Array(10));
        const forged = 'quorate_gateway_refused_total{reason="forged-certificate"}';
        await eventually(async () => (await metric(gateway.url, forged)) > 0);
      } finally {
        await gateway.close();
      }
    });
  });

  it("and after all that the other three agree on the root", () => expectEqualRoots());
});

async function bytesOf(read: GetResult): Promise<Uint8Array | undefined> {
  return read.status === "hit" ? read.value.read() : undefined;
}
