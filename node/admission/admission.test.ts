import { afterEach, describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../base/bytes.ts";
import type { Hash, Hlc, PublicKey, Sequence } from "../../base/types.ts";
import { entryStateKey } from "../../consensus/map/state-keys.ts";
import {
  ENTRY_CONFIRMED,
  GRADE_CHECKED,
  SOURCE_LOCAL,
  entryRowCodec,
} from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import { outcomeText } from "../../consensus/execution/outcomes.ts";
import { OPERATION_PUT } from "../../consensus/wire/write-set.ts";
import type { Write } from "../../consensus/wire/write-set.ts";
import { admissionChecker } from "../../proof/admission/checkers.ts";
import { encodeProofSet } from "../../proof/admission/proof-set.ts";
import { solved } from "../../proof/cnf/testing/proofs.ts";
import { pigeonhole } from "../../proof/cnf/testing/sample-formulas.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import { closureKeys } from "../../proof/metamath/database-theory.ts";
import { LOGIC, PROOFS, readSound, sha256 } from "../../proof/metamath/testing/small-database.ts";
import { Stored } from "../../proof/metamath/testing/stored.ts";
import type { BlobStore } from "../host/blob-store.ts";
import { CITED_WAIT_MS_MAX } from "../limits.ts";
import { Tally } from "../metrics/tally.ts";
import { builtModule, notBuilt } from "../testing/built-module.ts";
import { Admission } from "./admission.ts";
import { SameThreadChecker } from "./checker.ts";
import type { Checker } from "./checker.ts";
import { Citables } from "./citables.ts";
import { FairQueue } from "./fair-queue.ts";
import { ThreadChecker } from "./thread-checker.ts";

/** Values in memory, and a state whose rows are placed by the test. */
class Bench {
  readonly values = new Map<string, Uint8Array>();
  readonly checks = new Tally();
  nowMs = 0;
  /** What was looked up in the state. */
  lookups = 0;
  readonly rows = new Map<string, Uint8Array>();
  readonly state = {
    sequence: 0 as Sequence,
    rowAt: (_sequence: Sequence, key: Uint8Array): Uint8Array | undefined => {
      this.lookups++;
      return this.rows.get(toHex(key));
    },
  };
  readonly citables: Citables;
  readonly admission: Admission;

  constructor(checkers: readonly Checker[] = [new SameThreadChecker()]) {
    const { values, checks } = this;
    const blobs: BlobStore = {
      sizeOf: (digest) => values.get(toHex(digest))?.length,
      read: (digest) => Promise.resolve(values.get(toHex(digest))),
      receive: () => Promise.resolve(false),
      receiveSmall: () => Promise.resolve(false),
      async *stream(digest, { start, end }) {
        // In small pieces, as no reader may rely on any size.
        const range = values.get(toHex(digest))!.subarray(start, end + 1);
        for (let at = 0; at < range.length; at += 100) yield range.subarray(at, at + 100);
      },
    };
    const { state } = this;
    this.citables = new Citables({ hash: sha256, state, blobs });
    this.admission = new Admission({
      blobs,
      citables: this.citables,
      checkers,
      checks,
      monotonicMs: () => this.nowMs,
      log: { info: () => undefined, error: () => undefined } as never,
    });
  }

  /** A put of these proofs, whose value is here. */
  put(kind: string, payload: Uint8Array, proofs: readonly SetProofOf[]): Write {
    const named = proofs.map((one) => ({ checker: admissionChecker(kind)!, ...one }));
    const value = encodeProofSet({ kind, payload, proofs: named });
    const valueDigest = sha256(value);
    this.values.set(toHex(valueDigest), value);
    const key = keyOfObligation(sha256, { kind, payload });
    const rest = { ttlMs: 0, succeeds: 0, inline: false, administration: new Uint8Array(0) };
    return {
      ...{ operation: OPERATION_PUT, namespace: "proofs", key, name: "", kind, valueDigest },
      ...{ size: value.length, semanticDigest: valueDigest, ...rest },
    };
  }

  /** Executes a put, as after agreement: what waits for it is told. */
  execute(write: Write): void {
    this.place(write);
    this.admission.executed([write]);
  }

  /** As a transfer does: nobody is told. */
  place(write: Write): void {
    const { namespace, kind, size } = write;
    const { key, valueDigest } = write as Required<Write>;
    const sequence = (this.state.sequence + 1) as Sequence;
    this.state.sequence = sequence;
    const row = { ...ROW, namespace, key: key!, kind, size, valueDigest: valueDigest!, sequence };
    this.rows.set(toHex(entryStateKey(sha256, namespace, key!)), entryRowCodec.encode(row));
  }

  async admit(write: Write, set = "set", writer = "writer"): Promise<string> {
    const code = await this.admission.admit({ digest: sha256(utf8(set)), writer }, write);
    return code === 0 ? "ADMITTED" : outcomeText(code).name;
  }

  /** Once it is answered; the replica sweeps about every second. */
  swept(answer: Promise<string>): Promise<string> {
    const sweeps = setInterval(() => this.admission.sweep(), 1);
    return answer.finally(() => clearInterval(sweeps));
  }
}

const ROW: EntryRow = {
  ...{ namespace: "", key: sha256(utf8("")), name: "", kind: "", state: ENTRY_CONFIRMED },
  ...{ grade: GRADE_CHECKED, confidencePercent: 99, valueDigest: sha256(utf8("")), size: 0 },
  ...{ semanticDigest: sha256(utf8("")), writer: new Uint8Array(32) as PublicKey, operator: "o" },
  ...{ source: SOURCE_LOCAL, path: [], time: 1n as Hlc, expiry: undefined, ttlMs: 0, version: 1 },
  ...{ sequence: 1 as Sequence, votes: [], inline: false },
};

interface SetProofOf {
  readonly proof: Uint8Array;
  readonly axioms: readonly Hash[];
  readonly checker?: string;
}

function formula(holes: number): { readonly payload: Uint8Array; readonly proof: Uint8Array } {
  const { canonical, proof } = solved(pigeonhole(holes));
  return { payload: canonical.payload, proof };
}

const theorems = new Stored(readSound(`${LOGIC}${PROOFS}`));

/** Without the axioms of logic. */
const SYNTAX = LOGIC.slice(0, LOGIC.indexOf("ax1"));

/** One that cites a theorem. */
const chained = new Stored(
  readSound(`${LOGIC}${PROOFS}
    \${ i $e |- p $. chain $p |- ( q -> ( r -> p ) ) $= wr wp wi wq wp wr i a1i a1i $. $}`),
);

function theorem(bench: Bench, label: string, stored: Stored = theorems): Write {
  const { database } = stored;
  const assertion = database.find(label)!;
  const payload = stored.payloadOf(label);
  if (database.isAxiom(assertion)) return bench.put("metamath/1", payload, []);
  const axioms = closureKeys(database, assertion, (one) => stored.keyOf(one))!;
  return bench.put("metamath/1", payload, [{ proof: stored.proofOf(label), axioms }]);
}

const file = "node/admission/checker-worker.ts";
const checkers: readonly [string, () => Checker, boolean][] = [
  ["on the same thread", () => new SameThreadChecker(), false],
  [
    `on its own thread${notBuilt}`,
    () => new ThreadChecker(new URL(builtModule(file))),
    notBuilt !== "",
  ],
];

describe.each(checkers)("what is checked %s", (_where, newChecker, isSkipped) => {
  const open: Checker[] = [];
  const bench = (): Bench => {
    const checker = newChecker();
    open.push(checker);
    return new Bench([checker]);
  };
  afterEach(async () => {
    for (const checker of open.splice(0)) await checker.close();
  });

  it.skipIf(isSkipped)("is admitted when it holds, and refused when it does not", async () => {
    const one = bench();
    const { payload, proof } = formula(4);
    const axioms: Hash[] = [];
    expect(await one.admit(one.put("cnf/1", payload, [{ proof, axioms }]))).toBe("ADMITTED");
    const cut = one.put("cnf/1", payload, [{ proof: proof.slice(0, -2), axioms }]);
    expect(await one.admit(cut)).toBe("PROOF_REJECTED");
    const odd = one.put("cnf/1", Uint8Array.of(9, 9, 9), [{ proof, axioms }]);
    expect(await one.admit(odd)).toBe("PROOF_REJECTED");
    expect(await one.admit(one.put("cnf/1", payload, []))).toBe("PROOF_REJECTED");
    const more = one.put("cnf/1", payload, [{ proof, axioms: [sha256(proof)] }]);
    expect(await one.admit(more)).toBe("PROOF_REJECTED");
  });

  it.skipIf(isSkipped)("may rest on what its own write set brings, in any order", async () => {
    const one = bench();
    const labels = ["a1i", "wi", "mp", "ax1"];
    const answers = labels.map((label) => one.admit(theorem(one, label)));
    expect(await Promise.all(answers)).toEqual(labels.map(() => "ADMITTED"));
  });

  it.skipIf(isSkipped)("is not admitted by leaning on what is refused beside it", async () => {
    const one = bench();
    const axioms = closureKeys(theorems.database, theorems.database.find("a1i")!, (assertion) =>
      theorems.keyOf(assertion),
    )!;
    const wrong = theorems.proofOf("a1i").slice(0, -1);
    const changed = Uint8Array.from([...wrong, theorems.proofOf("a1i").at(-1)! ^ 1]);
    const payload = theorems.payloadOf("a1i");
    // The first is under way while the others come; they are looked at together.
    const answers = ["wi", "mp", "ax1"].map((label) => one.admit(theorem(one, label)));
    const refused = one.admit(one.put("metamath/1", payload, [{ proof: changed, axioms }]));
    const leaning = one.admit(theorem(one, "chain", chained));
    expect(await Promise.all(answers)).toEqual(["ADMITTED", "ADMITTED", "ADMITTED"]);
    expect(await refused).toBe("PROOF_REJECTED");
    // As its desk does with a set that is refused.
    one.admission.close(sha256(utf8("set")));
    expect(await one.swept(leaning)).not.toBe("ADMITTED");
  });
});

describe("a proof", () => {
  it("under another key, or for another checker, is not looked at", async () => {
    const bench = new Bench();
    const { payload, proof } = formula(3);
    const put = bench.put("cnf/1", payload, [{ proof, axioms: [] }]);
    expect(await bench.admit({ ...put, key: sha256(proof) })).toBe("PROOF_KEY_WRONG");
    const foreign = bench.put("cnf/1", payload, [{ proof, axioms: [], checker: "another" }]);
    expect(await bench.admit(foreign)).toBe("PROOF_DECLINED");
  });

  it("that was refused is refused again unseen; under another key it is another question", async () => {
    const bench = new Bench();
    const { payload, proof } = formula(3);
    const put = bench.put("cnf/1", payload, [{ proof: proof.slice(0, -2), axioms: [] }]);
    expect(await bench.admit(put)).toBe("PROOF_REJECTED");
    bench.values.clear();
    expect(await bench.admit(put)).toBe("PROOF_REJECTED");
    expect([...bench.checks.entries()]).toEqual([
      ["reject", 1],
      ["remembered", 1],
    ]);
  });

  it("that was accepted is not checked again when its set is sent again", async () => {
    const bench = new Bench();
    const put = theorem(bench, "wi");
    expect(await bench.admit(put)).toBe("ADMITTED");
    bench.admission.close(sha256(utf8("set")));
    expect(await bench.admit(put)).toBe("ADMITTED");
    expect([...bench.checks.entries()]).toEqual([
      ["accept", 1],
      ["remembered", 1],
    ]);
  });

  it("waits for what it cites, and not for ever", async () => {
    const bench = new Bench();
    const waiting = bench.admit(theorem(bench, "a1i"));
    // Of another write set, which may never be executed: it does not count here.
    expect(await bench.admit(theorem(bench, "wi"), "another set")).toBe("ADMITTED");
    expect(bench.admission.count).toBe(1);
    for (let times = 0; times < 3; times++) bench.admission.sweep();
    expect(bench.admission.count).toBe(1);
    bench.nowMs = CITED_WAIT_MS_MAX + 1;
    expect(await bench.swept(waiting)).toBe("PROOF_DEPENDENCY_MISSING");
    expect(bench.admission.count).toBe(0);
  });

  describe("that cites what stands there from axioms too many", () => {
    // `a1i` from an axiom that says just that; `chain` cites it, and names the others.
    const foreign = new Stored(
      readSound(`${SYNTAX}\${ h $e |- p $. other $a |- ( q -> p ) $. $}
        \${ i $e |- p $. a1i $p |- ( q -> p ) $= wp wq i other $. $}`),
    );
    const scene = async (): Promise<{ bench: Bench; waiting: Promise<string>; better: Write }> => {
      const bench = new Bench();
      for (const label of ["wi", "ax1", "mp"]) bench.execute(theorem(bench, label));
      bench.execute(theorem(bench, "other", foreign));
      bench.execute(theorem(bench, "a1i", foreign));
      const waiting = bench.admit(theorem(bench, "chain", chained));
      await expect.poll(() => bench.checks.get("waits")).toBe(1);
      return { bench, waiting, better: theorem(bench, "a1i", chained) };
    };

    it("waits for a better proof, and is judged again for nothing else", async () => {
      const { bench, waiting, better } = await scene();
      const before = bench.lookups;
      for (let times = 0; times < 10; times++) bench.admission.sweep();
      // One look at the row for each sweep, and none at what else it cites.
      expect(bench.lookups - before).toBe(10);
      bench.execute(theorem(bench, "wi"));
      expect(bench.admission.count).toBe(1);
      bench.execute(better);
      expect(await waiting).toBe("ADMITTED");
    });

    it("has it from its own write set", async () => {
      const { bench, waiting, better } = await scene();
      expect(await bench.admit(better)).toBe("ADMITTED");
      expect(await waiting).toBe("ADMITTED");
    });

    it("has it from a transfer, which tells of no row", async () => {
      const { bench, waiting, better } = await scene();
      bench.place(better);
      expect(await bench.swept(waiting)).toBe("ADMITTED");
    });

    it("and not for ever", async () => {
      const { bench, waiting } = await scene();
      bench.nowMs = CITED_WAIT_MS_MAX + 1;
      expect(await bench.swept(waiting)).toBe("PROOF_DEPENDENCY_MISSING");
    });
  });

  it("of a set that is closed is given up", async () => {
    const bench = new Bench();
    const waiting = bench.admit(theorem(bench, "a1i"));
    expect(await bench.admit(theorem(bench, "wi"))).toBe("ADMITTED");
    bench.admission.close(sha256(utf8("set")));
    expect(await bench.swept(waiting)).not.toBe("ADMITTED");
  });

  it("must name every axiom below it", async () => {
    const bench = new Bench();
    for (const label of ["wi", "ax1", "mp"]) await bench.admit(theorem(bench, label));
    const payload = theorems.payloadOf("a1i");
    const few = bench.put("metamath/1", payload, [{ proof: theorems.proofOf("a1i"), axioms: [] }]);
    expect(await bench.admit(few)).toBe("PROOF_REJECTED");
  });

  it("that asks for more than memory ends alone", async () => {
    const broken: Checker = {
      check: () => Promise.reject(new Error("the thread is gone")),
      checkAll: () => Promise.reject(new Error("the thread is gone")),
      close: () => Promise.resolve(),
    };
    const bench = new Bench([broken]);
    const { payload, proof } = formula(3);
    const put = bench.put("cnf/1", payload, [{ proof, axioms: [] }]);
    expect(await bench.admit(put)).toBe("OVERLOADED");
    expect(await bench.admit(put)).toBe("OVERLOADED");
  });
});

describe("the queue", () => {
  const jobs = (
    queue: FairQueue<{ readonly writer: string; readonly at: number }>,
    count: number,
  ) =>
    Array.from({ length: count }, () => {
      const job = queue.take();
      if (job !== undefined) queue.done(job);
      return job && `${job.writer}${job.at}`;
    });

  it("takes the writers in turn, whatever one of them brings", () => {
    const queue = new FairQueue<{ readonly writer: string; readonly at: number }>(100);
    for (let at = 0; at < 3; at++) queue.push({ writer: "a", at });
    queue.push({ writer: "b", at: 0 });
    expect(jobs(queue, 5)).toEqual(["a0", "b0", "a1", "a2", undefined]);
  });

  it("takes more of a writer at once while nobody else waits, in their order", () => {
    const queue = new FairQueue<{ readonly writer: string; readonly at: number }>(100);
    for (let at = 0; at < 5; at++) queue.push({ writer: "a", at });
    const first = queue.take()!;
    expect(queue.takeWith(first, 2, () => true).map(({ at }) => at)).toEqual([1, 2]);
    expect(queue.takeWith(first, 9, ({ at }) => at < 4).map(({ at }) => at)).toEqual([3]);
    queue.push({ writer: "b", at: 0 });
    expect(queue.takeWith(first, 9, () => true)).toEqual([]);
    expect(queue.length).toBe(2);
  });

  it("runs one of each at a time, and holds so many of each", () => {
    const queue = new FairQueue<{ readonly writer: string; readonly at: number }>(2);
    expect([0, 1, 2].map((at) => queue.push({ writer: "a", at }))).toEqual([true, true, false]);
    const running = queue.take()!;
    expect(queue.take()).toBeUndefined();
    queue.push({ writer: "b", at: 0 });
    expect(queue.take()).toMatchObject({ writer: "b" });
    queue.done(running);
    expect(queue.take()).toEqual({ writer: "a", at: 1 });
    expect(queue.length).toBe(0);
  });
});
