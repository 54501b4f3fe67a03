import { concatBytes, toHex } from "../../base/bytes.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import { isPermittedAnswer } from "../../proof/admission/permitted-set.ts";
import { encodeTheoryWords } from "../../proof/frame/theory-words.ts";
import type { TheoryWords } from "../../proof/frame/theory-words.ts";
import type { Theory } from "../../proof/frame/theory.ts";
import type { ReplicaLink } from "../link/replica-link.ts";
import type { CallOptions } from "../types.ts";
import type { ValueDependencies } from "./patience.ts";
import { raceReplicas } from "./race-whole.ts";

/**
 * Of a certified set of proofs what a theory permits, as a replica picks it out
 * (proof/admission/permitted-set.ts). One that sends another obligation's, a proof too many or one
 * too few is left for the next: what each proof rests on is certified.
 * @throws QuorateError VALUE_UNAVAILABLE, ABORTED
 */
export async function readPermitted(
  dependencies: ValueDependencies,
  entry: EntryRow,
  theory: Theory,
  options: CallOptions,
): Promise<Uint8Array> {
  const digest = theory.digest(dependencies.platform.crypto.hash);
  // A replica is told the axioms once.
  const words: readonly TheoryWords[] = [
    { type: "digest", digest },
    { type: "axioms", theory },
  ];
  const asked = { entry, theory, words: words.map(encodeTheoryWords) };
  const name = `${toHex(entry.valueDigest)} under ${toHex(digest)}`;
  return raceReplicas(dependencies, name, options, (link, signal) =>
    ask(dependencies, link, asked, signal).catch(() => undefined),
  );
}

interface Asked {
  readonly entry: EntryRow;
  readonly theory: Theory;
  readonly words: readonly Uint8Array[];
}

async function ask(
  { platform }: ValueDependencies,
  link: ReplicaLink,
  { entry, theory, words }: Asked,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  for (const one of words) {
    const body = await platform.blobs.permitted(link.address, entry.valueDigest, one, signal);
    if (body === undefined) return undefined;
    if (body === "theory-unknown") continue;
    // The bits of what is there are all that a part has and the whole has not.
    const bytes = await collect(body, entry.size + 1);
    const tools = { hash: platform.crypto.hash, startHash: () => startHash(platform) };
    if (bytes !== undefined && isPermittedAnswer(tools, bytes, entry, theory)) return bytes;
    link.lied("wrong-proofs");
    return undefined;
  }
  return undefined;
}

function startHash(platform: ValueDependencies["platform"]) {
  const hasher = platform.newHasher();
  return { update: (chunk: Uint8Array) => hasher.update(chunk), finish: () => hasher.digest() };
}

async function collect(
  body: AsyncIterable<Uint8Array>,
  sizeMax: number,
): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > sizeMax) return undefined;
    pieces.push(piece);
  }
  return concatBytes(...pieces);
}
