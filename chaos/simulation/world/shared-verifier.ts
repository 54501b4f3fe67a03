import { keyText } from "../../../consensus/map/key-text.ts";
import type { CheckedBatch, CheckedWriteSet } from "../../../consensus/checked.ts";
import type { Epoch, Hash } from "../../../base/types.ts";
import { Memo } from "../../../consensus/memo.ts";
import type { Refusal } from "../../../consensus/refusal.ts";
import type { ReceivedVote } from "../../../consensus/replica/input.ts";
import type { PeekedPack, SignedInput, SignedParts } from "../../../consensus/take-apart.ts";
import type { Verified } from "../../../consensus/verified.ts";
import { Verifier } from "../../../consensus/verifier.ts";
import type { VerifierOptions } from "../../../consensus/verifier.ts";
import type { Certificate } from "../../../consensus/wire/certificate.ts";

/** Write sets that are still on their way: every client's, and what the lying one floods with. */
const WRITE_SET_COUNT_MAX = 1024;

interface Finding {
  readonly value: unknown;
  /** Signatures that it took: everybody who learns of it has spent them. */
  readonly cost: number;
  readonly knownTo: Verifier[];
}

type Found = WeakMap<object, Finding>;

/**
 * What was found out about the frames of one run, for each question: a liar may send the same bytes
 * as something else. A frame is the same object at all receivers.
 */
export class Findings {
  readonly packs: Found = new WeakMap();
  readonly votes: Found = new WeakMap();
  readonly signed: Found = new WeakMap();
  readonly inputs: Found = new WeakMap();
  readonly batches: Found = new WeakMap();
  readonly certificates: Found = new WeakMap();
  readonly committed: Found = new WeakMap();
  readonly writeSets = new Memo<Finding>(WRITE_SET_COUNT_MAX);
}

/** By how many epochs the judge knows: each verdict is one of these. */
export class FindingsByEpoch {
  readonly #all: Findings[] = [];

  of(newest: Epoch): Findings {
    return (this.#all[newest] ??= new Findings());
  }
}

/**
 * The real verifier, whose verdicts n receivers of one frame share. A verdict is a function of the
 * bytes and the configurations known, so the first receiver's is everybody's who knows as many; what it cost is charged to each,
 * for budgets rest on that. Runs with real keys do without: there each one judges for itself.
 */
export class SharedVerifier extends Verifier {
  readonly #findings: () => Findings;
  readonly #hash: (bytes: Uint8Array) => Hash;

  constructor(options: VerifierOptions, findings: () => Findings) {
    super(options);
    this.#findings = findings;
    this.#hash = options.crypto.hash;
  }

  override peekVotePack(bytes: Uint8Array): PeekedPack | Refusal {
    return this.#once(this.#findings().packs, bytes, () => super.peekVotePack(bytes));
  }

  override peekedVotePack(peeked: PeekedPack): readonly Verified<ReceivedVote>[] | Refusal {
    return this.#once(this.#findings().votes, peeked, () => super.peekedVotePack(peeked));
  }

  override peekSigned(bytes: Uint8Array): SignedParts | Refusal {
    return this.#once(this.#findings().signed, bytes, () => super.peekSigned(bytes));
  }

  override peekedSigned(parts: SignedParts): SignedInput | Refusal {
    return this.#once(this.#findings().inputs, parts, () => super.peekedSigned(parts));
  }

  override batch(bytes: Uint8Array): Verified<CheckedBatch> | Refusal {
    return this.#once(this.#findings().batches, bytes, () => super.batch(bytes));
  }

  override availability(bytes: Uint8Array): Verified<Certificate> | Refusal {
    return this.#once(this.#findings().certificates, bytes, () => super.availability(bytes));
  }

  override committed(bytes: Uint8Array): ReturnType<Verifier["committed"]> {
    return this.#once(this.#findings().committed, bytes, () => super.committed(bytes));
  }

  /** By content: each replica has decoded its own copy from what a client submitted. */
  override writeSet(bytes: Uint8Array): Verified<CheckedWriteSet> | Refusal {
    const { writeSets } = this.#findings();
    const name = keyText(this.#hash(bytes));
    const found = writeSets.get(name);
    if (found !== undefined) return this.#learn(found) as ReturnType<Verifier["writeSet"]>;
    const { value, finding } = this.#find(() => super.writeSet(bytes));
    writeSets.set(name, finding);
    return value;
  }

  #once<T>(findings: Found, about: object, judge: () => T): T {
    const found = findings.get(about);
    if (found !== undefined) return this.#learn(found) as T;
    const { value, finding } = this.#find(judge);
    findings.set(about, finding);
    return value;
  }

  #learn(finding: Finding): unknown {
    if (finding.cost > 0 && !finding.knownTo.includes(this)) {
      finding.knownTo.push(this);
      this.signatureCount += finding.cost;
    }
    return finding.value;
  }

  #find<T>(judge: () => T): { readonly value: T; readonly finding: Finding } {
    const before = this.signatureCount;
    const value = judge();
    const finding = { value, cost: this.signatureCount - before, knownTo: [this] };
    return { value, finding };
  }
}
