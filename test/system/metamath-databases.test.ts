import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { concatBytes, toHex, utf8 } from "../../base/bytes.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/connect.ts";
import { nodeBlobs } from "../../client/platform/node-blobs.ts";
import { clusterSource } from "../../client/proofs/cluster-source.ts";
import { exportDatabase } from "../../client/proofs/metamath/export-database.ts";
import type { Exported } from "../../client/proofs/metamath/export-database.ts";
import { importDatabase } from "../../client/proofs/metamath/import-database.ts";
import type { Imported } from "../../client/proofs/metamath/import-database.ts";
import { DatabaseRefused } from "../../client/proofs/metamath/read-pages.ts";
import { ProofLookup } from "../../client/proofs/proof-lookup.ts";
import type { ProofSource } from "../../client/proofs/proof-source.ts";
import { ClusterSource } from "../../client/resolve/network/cluster-source.ts";
import { Resolver } from "../../client/resolve/resolver.ts";
import { lookupTier } from "../../client/resolve/tiers/record-source.ts";
import { TestCluster } from "../../node/testing/test-cluster.ts";
import { decodePermittedSet } from "../../proof/admission/permitted-set.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import { Theory } from "../../proof/frame/theory.ts";
import { encodeTheoryWords } from "../../proof/frame/theory-words.ts";
import { METAMATH_1 } from "../../proof/metamath/database.ts";
import type { Database } from "../../proof/metamath/database.ts";
import { theoryOf } from "../../proof/metamath/database-theory.ts";
import { LOGIC, PROOFS, readSound, sha256 } from "../../proof/metamath/testing/small-database.ts";

/** Whole databases into four replicas and out again; Debian's metamath reads what comes out. */

const FOLDER = "/usr/share/metamath/databases";
const missing = !existsSync(join(FOLDER, "set.mm")) || spawnSync("metamath", ["exit"]).status !== 0;
const skipped = missing ? " skipped: apt-get install metamath metamath-databases" : "";
const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), "quorate-databases-"));
let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await TestCluster.create(join(scratch, "cluster"));
  for (const index of [0, 1, 2, 3]) await cluster.start(index);
  const [signer] = cluster.writers;
  const genesis = readFileSync(join(cluster.nodeFolder(0), "cluster.json"), "utf8");
  client = await connect({ genesis, signer, deadlineMs: 60_000 });
}, 240_000);

// Four replicas and their checkers share what cores there are.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

afterAll(async () => {
  await client?.close();
  await cluster?.stopAll();
  rmSync(scratch, { recursive: true, force: true });
});

const quiet = (): void => undefined;
const bytesOf = (text: string | Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(typeof text === "string" ? utf8(text) : text);

function put(name: string, text: string | Uint8Array, namespace = "proofs"): Promise<Imported> {
  return importDatabase(client, bytesOf(text), { namespace, name, onProgress: quiet });
}

async function take(name: string, namespace = "proofs"): Promise<Exported & { text: string }> {
  let text = "";
  const onText = (part: string): void => void (text += part);
  const options = { namespace, name, onProgress: quiet, onText };
  return { ...(await exportDatabase(client, options)), text };
}

const keysOf = (database: Database): readonly string[] =>
  [...database.assertions()].map((one) => toHex(database.keyOf(sha256, one))).sort();

describe("a database", () => {
  const text = `${LOGIC}${PROOFS}`;

  it("comes out with every statement that went in, once", async () => {
    const imported = await put("small", text);
    expect(imported).toMatchObject({ published: 5, held: 0, repeated: 1 });
    const exported = await take("small");
    expect(exported).toMatchObject({ axioms: 3, theorems: 2, repeated: 1 });
    const distinct = [...new Set(keysOf(readSound(text)))];
    expect(keysOf(readSound(exported.text))).toEqual(distinct);
  });

  it("imported again changes nothing, also under another name", async () => {
    expect(await put("small", text)).toMatchObject({ published: 0, held: 5 });
    expect(await put("other", text)).toMatchObject({ published: 0, held: 5 });
    expect((await take("other")).text).toBe((await take("small")).text);
  });

  it("with a false proof is not imported at all", async () => {
    const wrong = put("wrong", `${text}\nbad $p |- p $= wp wq ax1 $.`);
    await expect(wrong).rejects.toBeInstanceOf(DatabaseRefused);
    await expect(take("wrong")).rejects.toMatchObject({ code: "DATABASE_UNKNOWN" });
  });

  it("that is interrupted goes on when it is imported again", async () => {
    const controller = new AbortController();
    const stopped = importDatabase(client, bytesOf(text), {
      ...{ namespace: "interrupted", name: "small", signal: controller.signal },
      onProgress: ({ total }) => {
        if (total > 0) controller.abort(new Error("told to end"));
      },
    });
    await expect(stopped).rejects.toThrow("told to end");
    await expect(take("small", "interrupted")).rejects.toMatchObject({ code: "DATABASE_UNKNOWN" });
    await put("small", text, "interrupted");
    expect((await take("small", "interrupted")).theorems).toBe(2);
  });

  it("may prove a statement twice, from other axioms each time", async () => {
    // `a2` says what `a` says, from other axioms, and `c` rests on those alone.
    const twice = `$c |- X Y Z $.  ax1 $a |- X $.  a $p |- X $= ax1 $.  axy $a |- Y $.
      \${ h $e |- Y $. r $a |- X $. $}  a2 $p |- X $= axy r $.
      \${ g $e |- X $. s $a |- Z $. $}  c $p |- Z $= a2 s $.`;
    expect(await put("twice", twice)).toMatchObject({ published: 7, repeated: 0 });
    const database = readSound(twice);
    const lookup = new ProofLookup([clusterSource(client, "proofs")]);
    const [x, z] = ["a", "c"].map((label) => database.payloadOf(database.find(label)!));
    const axiomsOf = async (payload: Uint8Array, ...labels: string[]): Promise<number> => {
      const keys = labels.map((label) => database.keyOf(sha256, database.find(label)!));
      const theory = new Theory(keys);
      const answer = await lookup.find({ kind: "metamath/1", payload }, { theory, depth: "deep" });
      return answer.status === "found" ? answer.axioms.length : 0;
    };
    expect(await axiomsOf(x!, "ax1")).toBe(1);
    expect(await axiomsOf(x!, "axy", "r")).toBe(2);
    expect(await axiomsOf(z!, "axy", "r", "s")).toBe(3);
    expect(await axiomsOf(z!, "ax1", "s")).toBe(0);
    expect((await take("twice")).theorems).toBe(2);
  });
});

describe("a statement that is proved again from less", () => {
  it("comes out where its better proof can stand, with what rests on it behind it", async () => {
    // `a2` takes the place of `a`, and cites `lemma`, which comes after `c`, which cites `a`.
    const text = `$c |- X Y Z $.  ax1 $a |- Y $.  \${ f $e |- Y $. tt $a |- Y $. $}
      \${ h $e |- Y $. r $a |- X $. $}  a $p |- X $= ax1 tt r $.
      \${ g $e |- X $. s $a |- Z $. $}  c $p |- Z $= a s $.
      \${ i $e |- Y $. lemma $p |- X $= i r $. $}  a2 $p |- X $= ax1 lemma $.`;
    await put("again-from-less", text);
    const exported = await take("again-from-less");
    const keys = [...new Set(keysOf(readSound(text)))];
    expect(keysOf(readSound(exported.text))).toEqual(keys);
  });
});

describe.skipIf(missing)(`what Debian has of databases${skipped}`, () => {
  it("demo0.mm comes out as metamath accepts it", async () => {
    await put("demo0", readFileSync(join(FOLDER, "demo0.mm")));
    writeFileSync(join(scratch, "demo0.mm"), (await take("demo0")).text);
    const words = ['read "demo0.mm"', "verify proof *", "exit"];
    // The replicas live in this process, which goes on meanwhile.
    const { stdout } = await run("metamath", words, { cwd: scratch, encoding: "latin1" });
    expect(stdout).toMatch(/All proofs in the database were verified/);
    expect(stdout).not.toMatch(/\?(?:Error|Warning)/);
  });

  describe("two databases that state the same from other axioms", () => {
    const texts = new Map(["set", "iset"].map((name) => [name, beginning(`${name}.mm`, 60)]));
    const both = (namespace: string): (() => Promise<Imported>)[] =>
      [...texts].map(
        ([name, text]) =>
          () =>
            put(name, text, namespace),
      );

    async function expectBoth(namespace: string, imported: readonly Imported[]): Promise<void> {
      for (const { statements, published, held, repeated } of imported) {
        expect(published + held + repeated).toBe(statements);
      }
      for (const [name, text] of texts) {
        const exported = await take(name, namespace);
        const database = readSound(text);
        expect(keysOf(readSound(exported.text))).toEqual([...new Set(keysOf(database))]);
        // Each has proofs from its own axioms, whoever came first.
        const theory = theoryOf(sha256, database);
        const lookup = new ProofLookup([clusterSource(client, namespace)]);
        for (const one of [...database.assertions()].slice(-LOOKED_UP_COUNT)) {
          const obligation = { kind: METAMATH_1, payload: database.payloadOf(one) };
          expect(await lookup.find(obligation, { theory })).toMatchObject({ status: "found" });
        }
        expect(await put(name, text, namespace)).toMatchObject({ published: 0 });
      }
    }

    it("go in one after the other", async () => {
      const imported: Imported[] = [];
      for (const start of both("one-then-other")) imported.push(await start());
      await expectBoth("one-then-other", imported);
    });

    it("go in at once", async () => {
      const imported = await Promise.all(both("at-once").map((start) => start()));
      await expectBoth("at-once", imported);
    });
  });

  describe("no theorem of iset.mm is answered with a proof that its axioms do not carry", () => {
    const sampled: Pair[] = [];
    let theory: Theory;

    beforeAll(async () => {
      const text = beginning("set.mm", 220);
      const intuitionistic = readSound(beginning("iset.mm", 220));
      await put("set", text, "classical");
      theory = theoryOf(sha256, intuitionistic);
      sampled.push(...samplePairs(readSound(text), intuitionistic, theory));
      expect(sampled.some(({ isCarried }) => isCarried)).toBe(true);
      expect(sampled.some(({ isCarried }) => !isCarried)).toBe(true);
    });

    /** Whether each is answered as it should be. */
    async function expectAnswers(source: ProofSource, asked: Theory | undefined): Promise<void> {
      const lookup = new ProofLookup([source]);
      for (const { payload, isCarried } of sampled) {
        const answer = await lookup.find({ kind: METAMATH_1, payload }, { theory: asked });
        expect(answer.status).toBe(isCarried ? "found" : "none");
        if (answer.status === "found") expect(theory.admits(answer.axioms)).toBe(true);
      }
    }

    it("filtered by the replicas and by who asked", async () => {
      await expectAnswers(clusterSource(client, "classical"), theory);
    });

    it("filtered by who asked alone: the replicas are told of no theory", async () => {
      const source = clusterSource(client, "classical");
      const untold: ProofSource = {
        name: "network",
        find: (kind, key, query) => source.find(kind, key, { ...query, theory: undefined }),
      };
      await expectAnswers(untold, theory);
    });

    it("filtered by the replicas alone: who asked takes whatever comes", async () => {
      const source = clusterSource(client, "classical");
      const told: ProofSource = {
        name: "network",
        find: (kind, key, query) => source.find(kind, key, { ...query, theory }),
      };
      await expectAnswers(told, undefined);
    });

    it("by any of the replicas, whose answers nobody looks at before", async () => {
      const blobs = nodeBlobs();
      const words = encodeTheoryWords({ type: "axioms", theory });
      for (const { payload, isCarried } of sampled) {
        const key = keyOfObligation(sha256, { kind: METAMATH_1, payload });
        const stat = await client.stat("classical", key);
        if (stat.status === "miss") throw new Error("a miss");
        for (const { address } of client.status().replicas) {
          const { valueDigest } = stat.entry;
          const body = await blobs.permitted(
            address,
            valueDigest,
            words,
            AbortSignal.timeout(60_000),
          );
          if (body === undefined || body === "theory-unknown") throw new Error("no answer");
          const pieces: Uint8Array[] = [];
          for await (const piece of body) pieces.push(piece);
          const set = decodePermittedSet(concatBytes(...pieces));
          if (set.status !== "accept") throw new Error(set.reason);
          expect(set.value.heads).toHaveLength(1);
          expect(set.value.proofs).toHaveLength(isCarried ? 1 : 0);
        }
      }
      blobs.close();
    });

    it("nor by the pipeline that finds proofs", async () => {
      const tier = lookupTier("network", new ClusterSource(client, "classical"));
      const resolver = new Resolver({ tiers: [tier], sinks: [] });
      for (const { payload, isCarried } of sampled.slice(0, RESOLVED_COUNT)) {
        const obligation = { kind: METAMATH_1, payload };
        const answer = await resolver.resolve(obligation, { policy: { theory } });
        expect(answer.status).toBe(isCarried ? "proved" : "unresolved");
      }
    });
  });
});

interface Pair {
  readonly payload: Uint8Array;
  /** Whether the other database's proof rests on nothing that the asker lacks. */
  readonly isCarried: boolean;
}

/** The last ones cite the most. */
const LOOKED_UP_COUNT = 10;
/** Nearly all of the beginning are carried: some of those will do, and all of the others. */
const CARRIED_COUNT = 20;
/** Each is proved with all that it rests on. */
const RESOLVED_COUNT = 30;

/** Theorems that both state, the interesting ones first. */
function samplePairs(there: Database, asker: Database, theory: Theory): readonly Pair[] {
  const known = new Map(
    [...there.assertions()].map((one) => [toHex(there.keyOf(sha256, one)), one]),
  );
  const pairs: Pair[] = [];
  for (const assertion of asker.assertions()) {
    const same = known.get(toHex(asker.keyOf(sha256, assertion)));
    if (same === undefined || asker.isAxiom(assertion)) continue;
    const axioms = there.axiomsOf(same)!.map((one) => there.keyOf(sha256, one));
    pairs.push({ payload: asker.payloadOf(assertion), isCarried: theory.admits(axioms) });
  }
  const carried = pairs.filter(({ isCarried }) => isCarried).slice(0, CARRIED_COUNT);
  const others = pairs.filter(({ isCarried }) => !isCarried);
  return [...carried.slice(0, 1), ...others, ...carried.slice(1)];
}

/** Of a database so much as has that many proofs, ended where a scope is. */
function beginning(name: string, proofs: number): string {
  const part = readFileSync(join(FOLDER, name)).subarray(0, 2_000_000).toString("latin1");
  const text = part.replaceAll(/\$\([^]*?\$\)/g, " ");
  let end = 0;
  for (let count = 0; count < proofs; count++) end = text.indexOf("$=", end) + 2;
  end = text.indexOf("$.", end) + 2;
  const code = text.slice(0, end);
  const open = code.split("${").length - code.split("$}").length;
  return `${code}${" $}".repeat(open)}`;
}
