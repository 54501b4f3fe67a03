import { concatBytes, uint32Bytes, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import type {
  ArtifactKind,
  DigestResult,
  Digester,
  IncrementalHash,
  StartHash,
} from "../digest/artifact-kind.ts";
import { keyPrefix } from "../frame/obligation.ts";
import { judged } from "../frame/stop.ts";
import { PROOF_SET_LEAD_SIZE, readProofSetHead, sizeOfHead } from "./proof-set.ts";
import type { ProofSetHead, SetProofHead } from "./proof-set.ts";

const MEANING_TAG = utf8("quorate/proof-set/1\0");

/**
 * A class of entries under obligations' keys. Its semantic digest covers the obligation, and of each
 * proof who accepts it and what it rests on; not the proof's bytes: two proofs of one obligation
 * from the same axioms say the same. Whether they hold is the checker's to say, beside this.
 */
export function proofSetKind(kind: string): ArtifactKind {
  return {
    id: kind,
    mutability: "proved",
    startDigest: (startHash) => new ProofSetDigester(kind, startHash),
    startRewrite: undefined,
  };
}

/** The semantic digest of a set of these heads under an obligation's key. */
export function meaningOfSet(
  startHash: StartHash,
  key: Hash,
  heads: readonly SetProofHead[],
): Hash {
  const meaning = startHash();
  meaning.update(MEANING_TAG);
  meaning.update(key);
  for (const { checker, axioms } of heads) {
    const name = utf8(checker);
    meaning.update(concatBytes(uint32Bytes(name.length), name, uint32Bytes(axioms.length)));
    for (const axiom of axioms) meaning.update(axiom);
  }
  return meaning.finish();
}

/** Holds no more than the head; the payload goes through the hash. */
class ProofSetDigester implements Digester {
  readonly #kind: string;
  readonly #startHash: StartHash;
  readonly #key: IncrementalHash;
  #lead: Uint8Array = new Uint8Array(0);
  #head: ProofSetHead | undefined;
  #fault: string | undefined;
  #payloadLeft = 0;
  #restLeft = 0;

  constructor(kind: string, startHash: StartHash) {
    this.#kind = kind;
    this.#startHash = startHash;
    this.#key = startHash();
    this.#key.update(keyPrefix(kind));
  }

  update(chunk: Uint8Array): void {
    if (this.#fault !== undefined) return;
    if (this.#head !== undefined) {
      this.#take(chunk);
      return;
    }
    this.#lead = concatBytes(this.#lead, chunk);
    if (this.#lead.length < PROOF_SET_LEAD_SIZE) return;
    const result = judged(() => this.#readHead());
    if (result.status !== "accept") this.#fault = result.reason;
  }

  finish(): DigestResult {
    const fault = this.#fault ?? this.#faultOfEnd();
    if (fault !== undefined || this.#head === undefined) {
      return { status: "refused", reason: fault ?? "cut-short" };
    }
    const digest = meaningOfSet(this.#startHash, this.#key.finish(), this.#head.proofs);
    return { status: "digest", digest };
  }

  #readHead(): void {
    const end = PROOF_SET_LEAD_SIZE + sizeOfHead(this.#lead);
    if (this.#lead.length < end) return;
    const head = readProofSetHead(this.#lead.subarray(PROOF_SET_LEAD_SIZE, end));
    const rest = this.#lead.subarray(end);
    this.#lead = new Uint8Array(0);
    if (head.kind !== this.#kind) this.#fault = "another-kind";
    this.#head = head;
    this.#payloadLeft = head.payloadSize;
    this.#restLeft = head.proofs.reduce((sum, { size }) => sum + size, 0);
    this.#take(rest);
  }

  #take(chunk: Uint8Array): void {
    const inPayload = Math.min(chunk.length, this.#payloadLeft);
    if (inPayload > 0) this.#key.update(chunk.subarray(0, inPayload));
    this.#payloadLeft -= inPayload;
    this.#restLeft -= chunk.length - inPayload;
    if (this.#restLeft < 0) this.#fault = "bytes-left";
  }

  #faultOfEnd(): string | undefined {
    const isWhole = this.#head !== undefined && this.#payloadLeft === 0 && this.#restLeft === 0;
    return isWhole ? undefined : "cut-short";
  }
}
