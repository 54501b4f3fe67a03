import { assertUnreachable } from "../../base/assert.ts";
import { toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash, Sequence } from "../../base/types.ts";
import { REFUSAL_NOT_ENROLLED } from "../../consensus/execution/outcomes.ts";
import { entryStateKey } from "../../consensus/map/state-keys.ts";
import { Verifier } from "../../consensus/verifier.ts";
import {
  heartbeatCodec,
  SIGNED_HEARTBEAT,
  signedCodec,
  statementCodec,
} from "../../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import * as wire from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { entryRowCodec } from "../../consensus/wire/rows.ts";
import type { Identity } from "../../node/transport/handshake.ts";
import { flipped, Forger } from "./forger.ts";
import type { LiePlan, LiesTold, ReadLie } from "./lies.ts";

const NOTHING = new Uint8Array(0);
/** Answers that may be told again when they are old. */
const KEPT_COUNT_MAX = 4096;

/** What a lying replica says to clients: each frame as the real replica made it, made wrong. */
export class LyingAnswers {
  readonly #identity: Identity;
  readonly #forger: Forger;
  readonly #verifier: Verifier;
  readonly #plan: LiePlan;
  readonly #told: LiesTold;
  /** The first answer ever given about each entry. */
  readonly #first = new Map<string, wire.ReadAnswer>();
  /** By the sequence that they certify, for answers that went without. */
  readonly #certificates = new Map<Sequence, StatementCertificate>();
  #oldest: StatementCertificate | undefined;
  #newest: StatementCertificate | undefined;
  #readCount = 0;

  constructor(identity: Identity, lying: { readonly plan: LiePlan; readonly told: LiesTold }) {
    this.#identity = identity;
    this.#forger = new Forger(identity, () => lying.plan.names ?? "of-others");
    this.#verifier = new Verifier({
      committeeOf: () => identity.committee,
      crypto: nodeCrypto,
      semanticDigestOf: () => undefined,
    });
    this.#plan = lying.plan;
    this.#told = lying.told;
  }

  answer(kind: FrameKind, body: Uint8Array): Uint8Array {
    switch (kind) {
      case FRAME.readAnswer:
        return wire.readAnswerCodec.encode(this.#read(wire.readAnswerCodec.decode(body)));
      case FRAME.root:
        return wire.rootCodec.encode(this.#root(wire.rootCodec.decode(body)));
      case FRAME.submitAnswer:
        return wire.submitAnswerCodec.encode(this.#submit(wire.submitAnswerCodec.decode(body)));
      case FRAME.probeAnswer:
        return wire.probeAnswerCodec.encode(this.#probe(wire.probeAnswerCodec.decode(body)));
      default:
        return body;
    }
  }

  #read(answer: wire.ReadAnswer): wire.ReadAnswer {
    this.#see(answer.certificate);
    if (answer.status !== wire.READ_ANSWERED) return answer;
    const { reads } = this.#plan;
    const first = this.#firstOf(answer);
    // The next lie in turn that can be told about this answer.
    for (let attempt = 0; attempt < reads.length; attempt++) {
      const lie = reads[this.#readCount++ % reads.length] as ReadLie;
      const told = this.#tell(lie, answer, first);
      if (told === undefined) continue;
      this.#told.add(lie);
      return told;
    }
    return answer;
  }

  #tell(
    lie: ReadLie,
    answer: wire.ReadAnswer,
    first: wire.ReadAnswer | undefined,
  ): wire.ReadAnswer | undefined {
    const isThere = answer.row.length > 0;
    switch (lie) {
      case "wrong-value":
        return answer.value.length > 0 ? { ...answer, value: flipped(answer.value) } : undefined;
      case "wrong-row":
        return isThere ? { ...answer, row: this.#otherRow(answer.row) } : undefined;
      case "denied":
        return isThere ? { ...answer, row: NOTHING, value: NOTHING, hasValue: false } : undefined;
      case "forged-proof":
        return { ...answer, proof: this.#brokenProof(answer) };
      case "forged-receipt":
        return isThere ? this.#forgedReceipt(answer) : undefined;
      case "old-answer":
        return first === undefined || first.sequence === answer.sequence
          ? undefined
          : { ...first, id: answer.id };
      case "old-certificate":
        return this.#oldest === undefined || this.#oldest === this.#newest
          ? undefined
          : { ...answer, certificate: this.#oldest };
      default:
        return assertUnreachable(lie);
    }
  }

  /** The certificate of an old answer goes with it: nobody may say that it was not shown. */
  #firstOf(answer: wire.ReadAnswer): wire.ReadAnswer | undefined {
    const row = entryRowCodec.tryDecode(answer.row);
    if (row === undefined) return undefined;
    const name = `${row.namespace}/${toHex(row.key)}`;
    const first = this.#first.get(name);
    if (first !== undefined || this.#first.size >= KEPT_COUNT_MAX) return first;
    const certificate = answer.certificate ?? this.#certificates.get(answer.sequence);
    if (certificate !== undefined) this.#first.set(name, { ...answer, certificate });
    return undefined;
  }

  #brokenProof({ proof }: wire.ReadAnswer): wire.ReadAnswer["proof"] {
    const [step, ...steps] = proof?.steps ?? [];
    if (proof === undefined || step === undefined) return undefined;
    return { ...proof, steps: [{ ...step, sibling: flipped(step.sibling) }, ...steps] };
  }

  /** An entry of the liar's own: other bytes under the same name. */
  #otherRow(bytes: Uint8Array, value = flipped(bytes)): Uint8Array {
    const row = entryRowCodec.decode(bytes);
    const digest = nodeCrypto.hash(value);
    return entryRowCodec.encode({
      ...row,
      valueDigest: digest,
      semanticDigest: digest,
      size: value.length,
    });
  }

  #forgedReceipt(answer: wire.ReadAnswer): wire.ReadAnswer | undefined {
    if (this.#newest === undefined) return undefined;
    const value = answer.hasValue ? flipped(answer.value) : NOTHING;
    const row = this.#otherRow(answer.row, answer.hasValue ? value : undefined);
    const { namespace, key } = entryRowCodec.decode(row);
    const place = entryStateKey(nodeCrypto.hash, namespace, key);
    const { proof, certificate } = this.#forger.path(place, row, this.#newest);
    const { sequence } = statementCodec.decode(certificate.statement);
    return { ...answer, sequence, row, proof, certificate, value };
  }

  #root(root: wire.Root): wire.Root {
    this.#see(root.certificate);
    const { roots } = this.#plan;
    if (root.certificate === undefined || roots === undefined) return root;
    if (roots === "old") {
      if (this.#oldest !== root.certificate) this.#told.add("old-root");
      return { ...root, certificate: this.#oldest };
    }
    this.#told.add("forged-root");
    const stateRoot = new Uint8Array(32).fill(7) as Hash;
    const certificate = this.#forger.certificate(root.certificate, { stateRoot, ahead: 1000 });
    return { ...root, certificate };
  }

  #submit(answer: wire.SubmitAnswer): wire.SubmitAnswer {
    this.#see(answer.certificate);
    const { submits } = this.#plan;
    if (answer.status !== wire.SUBMIT_EXECUTED || submits === undefined) return answer;
    this.#told.add(submits);
    if (submits === "forged-execution") return { ...answer, sessionRow: NOTHING };
    return {
      ...answer,
      status: wire.SUBMIT_REFUSED,
      code: REFUSAL_NOT_ENROLLED,
      sessionRow: NOTHING,
      proof: undefined,
      certificate: undefined,
    };
  }

  #probe(answer: wire.ProbeAnswer): wire.ProbeAnswer {
    if (!this.#plan.probes || answer.heartbeat === undefined) return answer;
    const heartbeat = heartbeatCodec.decode(answer.heartbeat.heartbeat);
    const sequence = (heartbeat.sequence + 1_000_000) as Sequence;
    const { index: author, committee, sign } = this.#identity;
    const body = heartbeatCodec.encode({ ...heartbeat, sequence });
    const own = { author, epoch: committee.epoch, type: SIGNED_HEARTBEAT, body } as const;
    const { signature } = signedCodec.decode(this.#verifier.signOwn(own, sign).bytes);
    this.#told.add("false-floor");
    return { ...answer, heartbeat: { author, heartbeat: body, signature } };
  }

  #see(certificate: StatementCertificate | undefined): void {
    if (certificate === undefined) return;
    this.#oldest ??= certificate;
    this.#newest = certificate;
    this.#certificates.set(statementCodec.decode(certificate.statement).sequence, certificate);
    if (this.#certificates.size > KEPT_COUNT_MAX) {
      this.#certificates.delete(this.#certificates.keys().next().value as Sequence);
    }
  }
}
