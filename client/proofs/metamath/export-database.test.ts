import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../../base/bytes.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { Database } from "../../../proof/metamath/database.ts";
import {
  LOGIC,
  PROOFS,
  readSound,
  sha256,
} from "../../../proof/metamath/testing/small-database.ts";
import { ProofStore } from "../testing/proof-store.ts";
import { exportDatabase } from "./export-database.ts";
import type { Exported, ExportOptions } from "./export-database.ts";
import { importDatabase } from "./import-database.ts";

/** What comes out while the cluster answers badly, and of statements whose proofs come late. */

const scratch = mkdtempSync(join(tmpdir(), "quorate-export-"));
const TEXT = `${LOGIC}${PROOFS}`;
const namespace = "proofs";
const onProgress = (): void => undefined;
let store: ProofStore;
let pauses: number[];

beforeEach(() => {
  store = new ProofStore();
  pauses = [];
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function put(text: string, into = store): Promise<void> {
  const source = new Uint8Array(utf8(text));
  await importDatabase(into, source, { namespace, name: "it", onProgress });
}

async function take(
  options: Partial<ExportOptions> = {},
  from = store,
): Promise<Exported & { readonly text: string }> {
  let text = "";
  const onText = (part: string): void => void (text += part);
  const pause = async (ms: number): Promise<void> => void pauses.push(ms);
  const all = { namespace, name: "it", onProgress, onText, pause, ...options };
  return { ...(await exportDatabase(from, all)), text };
}

const keysOf = (database: Database): readonly string[] =>
  [...new Set([...database.assertions()].map((one) => toHex(database.keyOf(sha256, one))))].sort();

function away(code = "VALUE_UNAVAILABLE"): never {
  throw new QuorateError(code, "no replica handed over the bytes", "");
}

describe("while the cluster does not answer", () => {
  const codes = [
    ...["VALUE_UNAVAILABLE", "CLUSTER_UNREACHABLE", "NO_FRESH_CERTIFICATE", "NO_VALID_ANSWER"],
    "CLIENT_BUSY",
  ];

  it.each(codes)("for a while, each question that ended in %s is asked again", async (code) => {
    await put(TEXT);
    const asked = new Map<string, number>();
    store.onRead = (key) => {
      asked.set(key, (asked.get(key) ?? 0) + 1);
      if (asked.get(key)! <= 5) away(code);
    };
    const { text } = await take();
    expect(keysOf(readSound(text))).toEqual(keysOf(readSound(TEXT)));
    expect(new Set(asked.values())).toEqual(new Set([6]));
    // For the list of labels, and for the statements.
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 250, 500, 1000, 2000, 4000]);
  });

  it("for one statement, only that is asked for again, as long as others come", async () => {
    await put(TEXT);
    const asked = new Map<string, number>();
    const order: string[] = [];
    store.onRead = (key) => {
      asked.set(key, (asked.get(key) ?? 0) + 1);
      if (!order.includes(key)) order.push(key);
      // The n-th comes at the n-th question: something comes in each round.
      if (asked.get(key)! < order.indexOf(key)) away();
    };
    await take();
    expect(order.map((key) => asked.get(key))).toEqual(order.map((_, at) => Math.max(1, at)));
    expect(new Set(pauses)).toEqual(new Set([250]));
  });

  it("at all, it says what is missing and how far it is, and asks no more", async () => {
    await put(TEXT);
    const database = readSound(TEXT);
    const missing = toHex(database.keyOf(sha256, database.find("mp")!));
    let count = 0;
    store.onRead = (key) => {
      if (key !== missing) return;
      count++;
      away();
    };
    const taken = take();
    await expect(taken).rejects.toMatchObject({ code: "DATABASE_UNREACHABLE" });
    await expect(taken).rejects.toThrow(
      /^it after 0 of 5 statements: mp not to be had in 10 rounds \(VALUE_UNAVAILABLE/,
    );
    expect(count).toBe(11);
    expect(Math.max(...pauses)).toBe(16_000);
  });

  it("and never will, it is not asked again", async () => {
    await put(TEXT);
    store.onRead = () => away("READ_INVALID");
    await expect(take()).rejects.toMatchObject({ code: "READ_INVALID" });
    expect(pauses).toEqual([]);
  });

  it("and its caller has enough, it ends", async () => {
    await put(TEXT);
    const controller = new AbortController();
    store.onRead = () => away();
    const pause = async (): Promise<void> => controller.abort(new Error("told to end"));
    await expect(take({ signal: controller.signal, pause })).rejects.toThrow("told to end");
  });
});

describe("an export that was interrupted", () => {
  // More than are asked for at once.
  const many = Array.from({ length: 80 }, (_, at) => {
    const { text: formula, proof } = distinctFormula(at);
    return `t${at} $p |- ( ${formula} -> ( q -> ${formula} ) ) $= ${proof} wq ax1 $.`;
  });
  const text = `${TEXT}${many.join("\n")}`;
  const keptFile = join(scratch, "kept");

  async function interrupted(): Promise<string> {
    rmSync(keptFile, { force: true });
    await put(text);
    const whole = (await take()).text;
    let reads = 0;
    store.onRead = () => {
      if (++reads > 40) away();
    };
    const taken = take({ keptFile });
    await expect(taken).rejects.toThrow(/^it after 32 of 85 statements: t34, /);
    return whole;
  }

  function counted(): ReadonlySet<string> {
    const asked = new Set<string>();
    store.onRead = (key) => void asked.add(key);
    return asked;
  }

  it("goes on where it ended, and leaves nothing behind", async () => {
    const whole = await interrupted();
    const asked = counted();
    expect((await take({ keptFile })).text).toBe(whole);
    // And the list of labels.
    expect(asked.size).toBe(85 - 32 + 1);
    expect(() => statSync(keptFile)).toThrow("ENOENT");
  });

  it("believes nothing of what it had kept: cut off or changed anywhere, it is fetched", async () => {
    const whole = await interrupted();
    const bytes = readFileSync(keptFile);
    const places = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }));
    store.onRead = () => undefined;
    await fc.assert(
      fc.asyncProperty(places, async ([at, change]) => {
        const other = Uint8Array.from(bytes);
        other[at]! ^= change;
        writeFileSync(keptFile, other);
        if (change === 0) truncateSync(keptFile, at);
        expect((await take({ keptFile })).text).toBe(whole);
      }),
      { numRuns: 25 },
    );
  });

  it("begins anew where what it had kept does no longer fit", async () => {
    await interrupted();
    const other = new ProofStore();
    await put(TEXT, other);
    expect(keysOf(readSound((await take({ keptFile }, other)).text))).toEqual(
      keysOf(readSound(TEXT)),
    );
  });
});

/** One for each number up to 127. */
function distinctFormula(number: number): { readonly text: string; readonly proof: string } {
  let [text, proof] = ["p", "wp"];
  for (let bit = 0; bit < 7; bit++) {
    const one = (number >> bit) % 2 === 0 ? "p" : "q";
    [text, proof] = [`( ${one} -> ${text} )`, `w${one} ${proof} wi`];
  }
  return { text, proof };
}

describe("a better proof", () => {
  it("that rests on what comes late serves who cites it, though another one came early", async () => {
    // `z2` takes the place of `z1` and cites `zl`, which comes last; so `w` comes late, and with it
    // `x2`, the second proof of `x1`'s statement, from whose axioms alone `v` is proved.
    const text = `$c |- Q V W X Y Z $.  y $a |- Y $.  q $a |- Q $.
      \${ t.1 $e |- Y $. t $a |- Y $. $}   \${ zr.1 $e |- Y $. zr $a |- Z $. $}
      \${ wr.1 $e |- Z $. wr $a |- W $. $} \${ xr.1 $e |- W $. xr $a |- X $. $}
      \${ xq.1 $e |- Q $. xq $a |- X $. $} \${ vr.1 $e |- X $. vr $a |- V $. $}
      z1 $p |- Z $= y t zr $.  w $p |- W $= z1 wr $.
      x1 $p |- X $= q xq $.  x2 $p |- X $= w xr $.  v $p |- V $= x2 vr $.
      \${ zl.1 $e |- Y $. zl $p |- Z $= zl.1 zr $. $}  z2 $p |- Z $= y zl $.`;
    await put(text);
    expect(keysOf(readSound((await take()).text))).toEqual(keysOf(readSound(text)));
  });
});
