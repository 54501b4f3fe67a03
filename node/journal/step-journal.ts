import { toHex } from "../../base/bytes.ts";
import { hlcMs } from "../../base/hlc.ts";
import type { EventScribe } from "../../base/journal/event-scribe.ts";
import { DIGEST_LETTERS } from "../../base/journal/journal-event.ts";
import type { EventDetail } from "../../base/journal/journal-event.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { primaryOf } from "../../consensus/committee.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Input } from "../../consensus/replica/input.ts";
import type { Output, PromiseRecord } from "../../consensus/replica/output.ts";
import {
  SIGNED_HEARTBEAT,
  SIGNED_SUSPICION,
  VOTE_PREPARE,
  VOTE_PRE_PREPARE,
  statementCodec,
} from "../../consensus/wire/certificate.ts";
import type { Certificate, StatementCertificate } from "../../consensus/wire/certificate.ts";
import { suspicionCodec } from "../../consensus/wire/removal.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { disputeDetail, executedDetail } from "./executed-detail.ts";
import { memberName } from "./member-numbers.ts";
import { TurnTotals } from "./turn-totals.ts";

export interface StepJournalOptions {
  readonly scribe: EventScribe;
  readonly committee: Committee;
  /** Of each member, in the order of the committee; absent: of the first committee. */
  readonly numbers?: readonly number[];
  /** Whom the executed state has in quarantine; absent: nobody is told of it. */
  readonly quarantined?: () => ReadonlySet<ReplicaIndex>;
}

type OutputOf<Type extends Output["type"]> = Extract<Output, { readonly type: Type }>;

const DIGEST_SIZE: number = DIGEST_LETTERS / 2;

/**
 * What a replica's journal tells of its steps. It sees what goes into the state machine and what
 * comes out, changes neither, and notes what happens once for a batch or a turn: many write sets
 * of one turn, or frames of one kind to one peer, are one event with their count.
 */
export class StepJournal {
  readonly #scribe: EventScribe;
  readonly #committee: Committee;
  readonly #numbers: readonly number[] | undefined;
  readonly #quarantined: StepJournalOptions["quarantined"];
  /** Those of whom it was told. */
  #convicts: ReadonlySet<ReplicaIndex>;
  readonly #totals: TurnTotals;
  /** The turn that the totals are of: its `Now`, by identity. */
  #turn: object | undefined;
  /** Of the batch whose pre-prepare follows in the same step. */
  #batchBytes = 0;

  constructor({ scribe, committee, numbers, quarantined }: StepJournalOptions) {
    this.#scribe = scribe;
    this.#committee = committee;
    this.#numbers = numbers;
    this.#quarantined = quarantined;
    this.#convicts = new Set(quarantined?.());
    this.#totals = new TurnTotals(scribe);
  }

  /** `turn` is equal for all steps of one turn. */
  observe(input: Input, outputs: readonly Output[], turn: object): void {
    if (turn !== this.#turn) {
      this.#totals.flush();
      this.#turn = turn;
    }
    switch (input.type) {
      case "write-set":
        this.#received(input);
        break;
      case "transferred":
        this.#note("transfer", { phase: "ended", ...this.#rootOf(input.certificate) });
        break;
      case "transfer-failed":
        this.#note("transfer", { phase: "failed", sequence: input.sequence });
        break;
      default:
    }
    for (const output of outputs) this.#output(output, input);
  }

  #output(output: Output, input: Input): void {
    switch (output.type) {
      case "persist":
        this.#persist(output.record, input);
        break;
      case "send":
        this.#sent(output);
        break;
      case "sign":
        if (output.signedType === SIGNED_HEARTBEAT) {
          this.#note("sent", { type: "heartbeat", peer: "all", count: 1 });
        }
        if (output.signedType === SIGNED_SUSPICION) this.#missed(output.body);
        break;
      case "executed":
        this.#executed(output);
        this.#convicted(output);
        break;
      case "certified":
        this.#note("certified", {
          ...this.#rootOf(output.certificate),
          signers: this.#signers(output.certificate.signatures),
        });
        break;
      case "view":
        if (output.active) this.#entered(output);
        break;
      case "transfer":
        this.#note("transfer", { phase: "begun", ...this.#rootOf(output.certificate) });
        break;
      case "refused":
        this.#totals.add("refused", { what: output.reason });
        break;
      case "dropped":
        this.#totals.add("refused", { what: output.why });
        break;
      case "evidence":
        this.#note("evidence", { peer: this.#nameOf(output.author), what: output.what });
        break;
      case "halt":
        this.#note("halt", { what: output.what });
        break;
      default:
      // Votes are told when they are promised; a fresh root and a truncation are no events.
    }
  }

  #executed(output: OutputOf<"executed">): void {
    this.#note("executed", executedDetail(output));
    const dispute = disputeDetail(output);
    if (dispute !== undefined) this.#note("dispute", dispute);
  }

  /** Once a batch: a write of evidence in it convicts somebody in the state of everybody. */
  #convicted({ sequence }: OutputOf<"executed">): void {
    const now = this.#quarantined?.();
    if (now === undefined || now.size === this.#convicts.size) return;
    const { epoch } = this.#committee;
    for (const index of now) {
      if (this.#convicts.has(index)) continue;
      const peer = this.#nameOf(index);
      this.#note("quarantine", { peer, what: "convicted", epoch, sequence });
    }
    this.#convicts = new Set(now);
  }

  /** What is promised is what happened: it is on disk before anybody hears of it. */
  #persist(record: PromiseRecord, input: Input): void {
    switch (record.type) {
      case "batch":
        this.#batchBytes = record.batch.length;
        break;
      case "vote": {
        const { type, epoch, view, sequence } = record.vote;
        const detail = { epoch, view, sequence, digest: shortHex(record.vote.digest) };
        if (type === VOTE_PRE_PREPARE) {
          this.#note("proposed", { ...detail, bytes: this.#batchBytes });
        } else if (type === VOTE_PREPARE) this.#note("voted", detail);
        break;
      }
      case "prepared":
        this.#note("prepared", this.#certificate(record.certificate));
        break;
      case "committed":
        this.#note("committed", this.#certificate(record.certificate));
        break;
      case "stable":
        this.#note("checkpoint", this.#rootOf(record.certificate));
        break;
      case "view-change":
        this.#left(record, input);
        break;
      default:
    }
  }

  /** It would rather let these members go. */
  #missed(body: Uint8Array): void {
    const what = "no link to it for long";
    for (const index of suspicionCodec.decode(body).members) {
      this.#note("suspicion", { peer: this.#nameOf(index as ReplicaIndex), what });
    }
  }

  /** Why it left the view: a timer ran out, a link broke, or others left before. */
  #left({ epoch, view }: Extract<PromiseRecord, { type: "view-change" }>, input: Input): void {
    const why = input.type === "tick" ? "a timer ran out" : SUSPICIONS.get(input.type);
    if (why !== undefined && view > 0) {
      const before = primaryOf(this.#committee, (view - 1) as typeof view);
      this.#note("suspicion", { peer: this.#nameOf(before), what: why, view: view - 1 });
    }
    this.#note("view-change", { epoch, view });
  }

  #entered({ view }: OutputOf<"view">): void {
    const primary = this.#nameOf(primaryOf(this.#committee, view));
    this.#note("new-view", { epoch: this.#committee.epoch, view, primary });
  }

  #received({ writeSet, origin }: Extract<Input, { readonly type: "write-set" }>): void {
    const { digest, bytes } = writeSet;
    const peer = origin === "client" ? "clients" : "replicas";
    if (!this.#totals.more("received", "write-set", peer, bytes.length)) {
      const detail = { type: "write-set", peer, digest: shortHex(digest) };
      this.#totals.add("received", detail, bytes.length);
    }
  }

  #sent({ to, kind, body }: OutputOf<"send">): void {
    const type = FRAME_NAMES.get(kind) ?? "unknown";
    const peer = to === "all" ? "all" : this.#nameOf(to);
    if (!this.#totals.more("sent", type, peer, body.length)) {
      this.#totals.add("sent", { type, peer }, body.length);
    }
  }

  #rootOf(certificate: StatementCertificate): EventDetail {
    const statement = statementCodec.tryDecode(certificate.statement);
    if (statement === undefined) return {};
    const { epoch, sequence, stateRoot, agreedTime } = statement;
    return { epoch, sequence, root: shortHex(stateRoot), agreedMs: hlcMs(agreedTime) };
  }

  #certificate({ epoch, view, sequence, digest, votes }: Certificate): EventDetail {
    return { epoch, view, sequence, digest: shortHex(digest), signers: this.#signers(votes) };
  }

  #signers(signed: readonly { readonly author: ReplicaIndex }[]): string {
    return signed.map(({ author }) => this.#numbers?.[author] ?? author).join(" ");
  }

  #nameOf(index: ReplicaIndex): string {
    return memberName(this.#numbers?.[index] ?? index);
  }

  #note(...event: Parameters<EventScribe["note"]>): void {
    this.#totals.flush();
    this.#scribe.note(...event);
  }
}

const SUSPICIONS: ReadonlyMap<Input["type"], string> = new Map([
  ["peer-lost", "the link to it broke"],
]);

const FRAME_NAMES: ReadonlyMap<FrameKind, string> = new Map(
  Object.entries(FRAME).map(([name, kind]) => [kind, name]),
);

function shortHex(bytes: Uint8Array): string {
  return toHex(bytes.subarray(0, DIGEST_SIZE));
}
