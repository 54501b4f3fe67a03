import type { Crypto } from "../../../consensus/crypto.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import type { PromiseRecord } from "../../../consensus/replica/output.ts";
import {
  SIGNED_NEW_VIEW,
  SIGNED_STATEMENT,
  SIGNED_VIEW_CHANGE,
  VOTE_ACKNOWLEDGEMENT,
  VOTE_COMMIT,
  VOTE_PREPARE,
  VOTE_PRE_PREPARE,
  signedCodec,
  statementCodec,
} from "../../../consensus/wire/certificate.ts";
import type { Signed, Vote } from "../../../consensus/wire/certificate.ts";
import { newViewCodec, viewChangeCodec } from "../../../consensus/wire/agreement.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { votesOf } from "../liars/votes-of.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { Input } from "../../../consensus/replica/input.ts";
import type { Output } from "../../../consensus/replica/output.ts";
import type { Epoch, ReplicaIndex } from "../../../base/types.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";
import type { TrueEpochs } from "./true-epochs.ts";

/**
 * Durable before sent (R11): when a signature leaves a correct replica, what it says and what
 * it rests on have been flushed to its disk; and over its whole life, restarts included, it signs
 * nothing that contradicts what it signed before. A replica without memory signs nothing at all.
 */
export class PromisesFirst implements Checker {
  readonly name = "promised before sent";
  readonly #epochs: TrueEpochs;
  readonly #hash: Crypto["hash"];
  readonly #lives = new Map<SimulatedReplica, Life>();

  constructor({ epochs, crypto }: CheckerFrame) {
    this.#epochs = epochs;
    this.#hash = crypto.hash;
  }

  /** What a crash left of an unfinished flush counts, too: to open the log is to flush it. */
  boot(replica: SimulatedReplica, found: readonly PromiseRecord[] | string): void {
    const life = this.#lifeOf(replica);
    if (typeof found !== "string") for (const record of found) life.keep(record);
    life.restart();
  }

  /** What was decided before it left may still leave after: the order of decisions counts. */
  step(replica: SimulatedReplica, _input: Input, outputs: readonly Output[]): void {
    if (!isBound(replica)) return;
    const life = this.#lifeOf(replica);
    for (const output of outputs) {
      const epoch = replica.process?.committee.epoch ?? (0 as Epoch);
      if (output.type === "view") life.left(epoch, output.view);
      if (output.type !== "vote" || output.vote.type === VOTE_ACKNOWLEDGEMENT) continue;
      const { view } = output.vote;
      const what = `${replica.name} votes in view ${view}`;
      const leftView = life.leftViewOf(output.vote.epoch);
      demand(view >= leftView, this.name, () => `${what} after it left for ${leftView}`);
    }
  }

  durable(replica: SimulatedReplica, records: readonly PromiseRecord[]): void {
    const life = this.#lifeOf(replica);
    for (const record of records) life.keep(record);
  }

  send(
    replica: SimulatedReplica,
    _to: ReplicaIndex | "all",
    kind: FrameKind,
    body: Uint8Array,
  ): void {
    const { amnesia, disguise } = replica;
    const isForgetful = amnesia !== undefined && disguise === undefined;
    if (!isBound(replica) && !isForgetful) return;
    const life = this.#lifeOf(replica);
    if (kind === FRAME.votePack) {
      demand(!isForgetful, this.name, () => `${replica.name} forgot and votes`);
      for (const sent of votesOf(body)) this.#vote(replica, life, sent);
    } else if (kind === FRAME.signed) {
      const sent = signedCodec.decode(body);
      if (sent.author !== replica.index) return;
      demand(!isForgetful, this.name, () => `${replica.name} forgot and signs`);
      this.#signed(replica, life, sent);
    }
  }

  #lifeOf(replica: SimulatedReplica): Life {
    let life = this.#lives.get(replica);
    if (life === undefined) this.#lives.set(replica, (life = new Life(this.#hash)));
    return life;
  }

  #vote(replica: SimulatedReplica, life: Life, sent: Vote): void {
    if (sent.type === VOTE_ACKNOWLEDGEMENT) return;
    const { type, epoch, view, sequence, digest } = sent;
    const text = keyText(digest);
    const what = `${replica.name} sent vote ${type} of view ${view}, sequence ${sequence}`;
    demand(life.durable.has(`vote ${type}/${epoch}/${view}/${sequence}/${text}`), this.name, () => {
      return `${what} before it was on disk`;
    });
    const first = life.signed.get(`vote ${type}/${epoch}/${view}/${sequence}`) ?? text;
    life.signed.set(`vote ${type}/${epoch}/${view}/${sequence}`, text);
    demand(first === text, this.name, () => `${what} twice, differently`);
    demand(
      view === 0 || life.entered.has(`${epoch}/${view}`),
      this.name,
      () => `${what} before it entered the view`,
    );
    if (type === VOTE_COMMIT) {
      const rests = life.durable.has(`prepared ${epoch}/${view}/${sequence}/${text}`);
      demand(rests, this.name, () => `${what} before its prepared certificate was on disk`);
    }
    const isPrimary =
      view % (this.#epochs.committeeOf(epoch)?.members.length ?? 1) === replica.index;
    demand(
      type !== VOTE_PRE_PREPARE || isPrimary,
      this.name,
      () => `${what} and is not its primary`,
    );
    demand(type !== VOTE_PREPARE || !isPrimary, this.name, () => `${what} as its primary`);
  }

  #signed(replica: SimulatedReplica, life: Life, { type, epoch, body }: Signed): void {
    if (type === SIGNED_STATEMENT) {
      const { sequence } = statementCodec.decode(body);
      const what = `${replica.name} sent its statement of ${sequence}`;
      const isThere = life.durable.has(`statement ${sequence}/${keyText(body)}`);
      demand(isThere, this.name, () => `${what} before it was on disk`);
      const committed = life.durable.has(`committed ${sequence}`) || life.stable >= sequence;
      demand(committed, this.name, () => `${what} before the commit certificate was on disk`);
      this.#once(life, `statement ${sequence}`, body, what);
    } else if (type === SIGNED_VIEW_CHANGE) {
      const { newView, stable, prepared } = viewChangeCodec.decode(body);
      const what = `${replica.name} sent its view-change for ${newView}`;
      const isThere = life.durable.has(
        `view-change ${epoch}/${newView}/${keyText(this.#hash(body))}`,
      );
      demand(isThere, this.name, () => `${what} before it was on disk`);
      this.#once(life, `view-change ${epoch}/${newView}`, body, what);
      const begins = this.#epochs.beginsAfter(epoch);
      const low = stable === undefined ? begins : statementCodec.decode(stable.statement).sequence;
      const shown = new Map(prepared.map(({ sequence, view }) => [sequence as number, view]));
      for (const [sequence, { epoch: of, view }] of life.prepared) {
        if (of !== epoch) continue;
        if (sequence <= low || view >= newView) continue;
        const isShown = (shown.get(sequence) ?? -1) >= view;
        demand(isShown, this.name, () => `${what} and conceals what it prepared at ${sequence}`);
      }
    } else if (type === SIGNED_NEW_VIEW) {
      const { view } = newViewCodec.decode(body);
      const what = `${replica.name} sent its new-view of ${view}`;
      const isThere = life.durable.has(`new-view ${epoch}/${view}/${keyText(this.#hash(body))}`);
      demand(isThere, this.name, () => `${what} before it was on disk`);
      this.#once(life, `new-view ${epoch}/${view}`, body, what);
    }
  }

  #once(life: Life, place: string, body: Uint8Array, what: string): void {
    const text = keyText(this.#hash(body));
    const first = life.signed.get(place) ?? text;
    life.signed.set(place, text);
    demand(first === text, this.name, () => `${what} twice, differently`);
  }
}

/** What one machine has on its disk and has signed, from its first day. */
class Life {
  readonly #hash: Crypto["hash"];
  readonly durable = new Set<string>();
  readonly signed = new Map<string, string>();
  /** Views whose new-view is on disk. */
  readonly entered = new Set<string>();
  /** The highest view in which each sequence was prepared. */
  readonly prepared = new Map<number, { readonly epoch: Epoch; readonly view: number }>();
  #leftViews = new Map<Epoch, number>();
  readonly #leftDurably = new Map<Epoch, number>();
  /** Up to here a stable checkpoint, or a transfer's root, stands for the commit certificates. */
  stable = 0;

  /** View-changes and new-views are known by their digests: they may be long. */
  constructor(hash: Crypto["hash"]) {
    this.#hash = hash;
  }

  leftViewOf(epoch: Epoch): number {
    return this.#leftViews.get(epoch) ?? 0;
  }

  left(epoch: Epoch, view: number): void {
    this.#leftViews.set(epoch, Math.max(this.leftViewOf(epoch), view));
  }

  restart(): void {
    this.#leftViews = new Map(this.#leftDurably);
  }

  keep(record: PromiseRecord): void {
    switch (record.type) {
      case "vote": {
        const { type, epoch, view, sequence, digest } = record.vote;
        this.durable.add(`vote ${type}/${epoch}/${view}/${sequence}/${keyText(digest)}`);
        break;
      }
      case "prepared": {
        const { epoch, view, sequence, digest } = record.certificate;
        this.durable.add(`prepared ${epoch}/${view}/${sequence}/${keyText(digest)}`);
        const before = this.prepared.get(sequence)?.view ?? 0;
        this.prepared.set(sequence, { epoch, view: Math.max(view, before) });
        break;
      }
      case "committed":
        this.durable.add(`committed ${record.certificate.sequence}`);
        break;
      case "weak-root":
        this.durable.add(
          `committed ${statementCodec.decode(record.certificate.statement).sequence}`,
        );
        break;
      case "stable": {
        const { sequence } = statementCodec.decode(record.certificate.statement);
        this.stable = Math.max(this.stable, sequence);
        break;
      }
      case "statement":
        this.durable.add(`statement ${record.sequence}/${keyText(record.statement)}`);
        break;
      case "view-change":
      case "new-view":
        this.durable.add(
          `${record.type} ${record.epoch}/${record.view}/${keyText(this.#hash(record.body))}`,
        );
        if (record.type === "new-view") this.entered.add(`${record.epoch}/${record.view}`);
        this.#leftDurably.set(
          record.epoch,
          Math.max(this.#leftDurably.get(record.epoch) ?? 0, record.view),
        );
        break;
      default:
    }
  }
}
