import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../../base/bytes.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import { LOGIC, PROOFS } from "../../../proof/metamath/testing/small-database.ts";
import { ProofStore } from "../testing/proof-store.ts";
import { exportDatabase } from "./export-database.ts";
import { importDatabase } from "./import-database.ts";
import type { Imported } from "./import-database.ts";

const HOL = "/usr/share/metamath/databases/hol.mm";
const namespace = "proofs";
const onProgress = (): void => undefined;

function put(store: ProofStore, name: string, source: Uint8Array): Promise<Imported> {
  return importDatabase(store, new Uint8Array(source), { namespace, name, onProgress });
}

async function take(store: ProofStore, name: string): Promise<string> {
  let text = "";
  const onText = (part: string): void => void (text += part);
  await exportDatabase(store, { namespace, name, onProgress, onText });
  return text;
}

/** Variables stand in another order there, so the proofs are other bytes: they say the same. */
describe("what was exported, imported again under another name", () => {
  const sources: readonly (readonly [string, () => Uint8Array])[] = [
    ["a few lines of logic", () => utf8(`${LOGIC}${PROOFS}`)],
    ...(existsSync(HOL) ? [["hol.mm", () => readFileSync(HOL)] as const] : []),
  ];

  it.each(sources)("publishes nothing, and comes out the same: %s", async (_name, source) => {
    const store = new ProofStore();
    const { published } = await put(store, "first", source());
    const text = await take(store, "first");
    const again = await put(store, "again", utf8(text));
    expect(again).toMatchObject({ published: 0, held: published });
    expect(await take(store, "again")).toBe(text);
  });
});

describe("a write set whose proofs cite what is still on its way", () => {
  // More than one set holds.
  const many = Array.from({ length: 300 });
  const constants = many.map((_, at) => `k${at}`).join(" ");
  const axioms = many.map((_, at) => `a${at} $a |- k${at} $.`).join("\n");
  const text = utf8(`$c |- ${constants} $.\n${axioms}`);
  const tooEarly = new QuorateError(
    "PROOF_DEPENDENCY_MISSING",
    "the proof cites what is not there",
    "",
  );

  it("is sent again once that is there, though replicas did not wait so long", async () => {
    const store = new ProofStore();
    const sent: number[] = [];
    let isThere = (): void => undefined;
    const first = new Promise<void>((resolve) => (isThere = resolve));
    store.onWriteSet = async (items) => {
      const count = sent.push(items.length);
      if (count === 1) await first;
      if (count !== 2) return undefined;
      isThere();
      return tooEarly;
    };
    expect(await put(store, "it", text)).toMatchObject({ published: 300, held: 0 });
    expect(sent).toEqual([256, 44, 44]);
  });

  it("is refused where all before it is there", async () => {
    const store = new ProofStore();
    let sent = 0;
    store.onWriteSet = async () => (++sent === 1 ? undefined : tooEarly);
    await expect(put(store, "it", text)).rejects.toBe(tooEarly);
    expect(sent).toBe(3);
  });
});
