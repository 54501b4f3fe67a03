import { describe, expect, it, onTestFinished } from "vitest";
import { concatBytes, toHex, utf8 } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import { decodePermittedSet } from "../../proof/admission/permitted-set.ts";
import { encodeProofSet } from "../../proof/admission/proof-set.ts";
import { KnownTheories } from "../../proof/frame/known-theories.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import { Theory } from "../../proof/frame/theory.ts";
import { THEORY_WORDS_BYTES_MAX, encodeTheoryWords } from "../../proof/frame/theory-words.ts";
import type { TheoryWords } from "../../proof/frame/theory-words.ts";
import type { BlobStore } from "../host/blob-store.ts";
import { UPLOAD_COUNT_PER_WRITER_MAX } from "../limits.ts";
import { Figures } from "../metrics/figures.ts";
import { HttpServer } from "./http-server.ts";
import { permittedRoute } from "./permitted-route.ts";
import { UploadSlots } from "./upload-slots.ts";

const { hash } = nodeCrypto;
const kind = "metamath/1";
const [classical, plain] = ["the excluded middle", "modus ponens"].map((name) => hash(utf8(name)));
const both = new Theory([classical!, plain!]);
const intuitionistic = new Theory([plain!]);
const payload = Uint8Array.of(1, 2, 3);
const proofs = [
  { checker: "c", axioms: both.axioms, proof: utf8("a classical proof") },
  { checker: "c", axioms: intuitionistic.axioms, proof: utf8("another one") },
];
const SET = encodeProofSet({ kind, payload, proofs });
const AXIOM = encodeProofSet({ kind, payload, proofs: [] });
const NO_SET = utf8("something else");

interface Scene {
  readonly url: string;
  readonly ask: (value: Uint8Array, words: Uint8Array) => Promise<Answered>;
  readonly figures: Figures;
  readonly slots: UploadSlots;
}

interface Answered {
  readonly status: number;
  readonly bytes: Uint8Array;
}

async function serve(...values: readonly Uint8Array[]): Promise<Scene> {
  const held = new Map(values.map((bytes) => [toHex(hash(bytes)), bytes]));
  const blobs = {
    sizeOf: (digest: Hash) => held.get(toHex(digest))?.length,
    async *stream(digest: Hash, { start, end }: { start: number; end: number }) {
      yield await Promise.resolve(held.get(toHex(digest))!.subarray(start, end + 1));
    },
  } as unknown as BlobStore;
  const [figures, slots] = [new Figures(), new UploadSlots()];
  const theories = new KnownTheories(hash);
  const route = permittedRoute({ blobs, hash, theories, figures, slots });
  const requests = new Map([["/proofs/", route]]);
  const server = new HttpServer({ requests, upgrades: new Map() }, figures.drops);
  onTestFinished(() => server.close());
  const { port } = await server.listen("127.0.0.1", 0);
  const url = `http://127.0.0.1:${port}/proofs/`;
  const ask = async (value: Uint8Array, words: Uint8Array): Promise<Answered> => {
    const answer = await fetch(`${url}${toHex(hash(value))}`, {
      method: "POST",
      body: new Uint8Array(words),
    });
    return { status: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) };
  };
  return { url, ask, figures, slots };
}

const axiomsOf = (theory: Theory): Uint8Array => encodeTheoryWords({ type: "axioms", theory });
const digestOf = (theory: Theory): Uint8Array =>
  encodeTheoryWords({ type: "digest", digest: theory.digest(hash) });
const ANY = encodeTheoryWords({ type: "any" } satisfies TheoryWords);

function proofsIn({ status, bytes }: Answered): readonly string[] {
  expect(status).toBe(200);
  const set = decodePermittedSet(bytes);
  if (set.status !== "accept") throw new Error(set.reason);
  expect(set.value.heads).toHaveLength(proofs.length);
  return set.value.proofs.map(({ proof }) => Buffer.from(proof).toString());
}

describe("a set of proofs, asked for under a theory", () => {
  it("comes with those of its proofs that the theory permits, and no byte of another", async () => {
    const { ask } = await serve(SET);
    expect(proofsIn(await ask(SET, axiomsOf(both)))).toEqual(["a classical proof", "another one"]);
    const some = await ask(SET, axiomsOf(intuitionistic));
    expect(proofsIn(some)).toEqual(["another one"]);
    expect(Buffer.from(some.bytes).includes("a classical proof")).toBe(false);
    expect(proofsIn(await ask(SET, axiomsOf(new Theory([classical!]))))).toEqual([]);
    expect(proofsIn(await ask(SET, ANY))).toHaveLength(2);
  });

  it("is asked for by the theory's digest once its axioms were named", async () => {
    const { ask, figures } = await serve(SET);
    expect((await ask(SET, digestOf(intuitionistic))).status).toBe(428);
    await ask(SET, axiomsOf(intuitionistic));
    expect(proofsIn(await ask(SET, digestOf(intuitionistic)))).toEqual(["another one"]);
    expect((await ask(SET, digestOf(both))).status).toBe(428);
    expect(figures.permitted.get("answered")).toBe(2);
    expect(figures.permitted.get("428")).toBe(2);
  });

  it("that is an axiom is permitted to those who have it", async () => {
    const { ask } = await serve(AXIOM);
    const own = new Theory([keyOfObligation(hash, { kind, payload })]);
    const bitsOf = async (theory: Theory): Promise<number> => {
      const decoded = decodePermittedSet((await ask(AXIOM, axiomsOf(theory))).bytes);
      return decoded.status === "accept" ? decoded.value.bits : -1;
    };
    expect(await bitsOf(own)).toBe(1);
    expect(await bitsOf(both)).toBe(0);
  });
});

describe("a question is refused", () => {
  it.each([
    ["about what is not here", utf8("nowhere"), ANY, 404],
    ["about what is no set", NO_SET, ANY, 422],
    ["about a set that is cut short", SET.subarray(0, 20), ANY, 422],
    ["without words", SET, new Uint8Array(0), 400],
    ["in words that mean nothing", SET, Uint8Array.of(9, 9), 400],
    ["in words beyond their bound", SET, new Uint8Array(2 * THEORY_WORDS_BYTES_MAX), 400],
  ])("%s", async (_what, value, words, status) => {
    const { ask } = await serve(SET, NO_SET, SET.subarray(0, 20));
    // The rest of what is too long may not be taken any more.
    const answered = await ask(value, words).then(
      (answer) => answer.status,
      () => status,
    );
    expect(answered).toBe(status);
    expect(proofsIn(await ask(SET, ANY))).toHaveLength(2);
  });

  it("by another method", async () => {
    const { url } = await serve(SET);
    const answer = await fetch(`${url}${toHex(hash(SET))}`);
    expect(answer.status).toBe(405);
  });

  it("while one address asks too many at a time", async () => {
    const { ask, slots } = await serve(SET);
    const held = Array.from({ length: UPLOAD_COUNT_PER_WRITER_MAX }, () =>
      slots.take("127.0.0.1", ["asker 127.0.0.1"]),
    );
    expect((await ask(SET, ANY)).status).toBe(503);
    held[0]!();
    expect((await ask(SET, ANY)).status).toBe(200);
  });
});

it("what is damaged on its disk is cut short, never wrong", async () => {
  const broken = concatBytes(SET.subarray(0, SET.length - 5));
  const { ask } = await serve(broken);
  const answered = await ask(broken, ANY).then(
    ({ bytes }) => decodePermittedSet(bytes).status,
    () => "reject",
  );
  expect(answered).toBe("reject");
});
