import type { ReplicaIndex } from "../../../base/types.ts";
import { primaryOf } from "../../../consensus/committee.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import type { Input } from "../../../consensus/replica/input.ts";
import type { Output } from "../../../consensus/replica/output.ts";
import { VOTE_PRE_PREPARE, certificateCodec } from "../../../consensus/wire/certificate.ts";
import type { Certificate } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { ReplicaProcess } from "../world/replica-process.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";

/** After the healing so long: a few rounds of showing. */
const PROVEN_MS_MAX = 5_000;

/** What one process has seen of its peers' proposals, and whom it holds evidence against. */
interface Seen {
  readonly replica: SimulatedReplica;
  readonly proposals: Map<string, string>;
  /** What it showed to the others. */
  readonly shown: Set<string>;
  readonly accused: Set<ReplicaIndex>;
}

/** A backup learned that its view agreed on something else than it was sent. */
interface Case {
  readonly seen: Seen;
  readonly process: ReplicaProcess;
  readonly certificate: Certificate;
  readonly author: ReplicaIndex;
  sinceMs: number;
}

/**
 * Of an equivocation two correct replicas saw the two sides: one holds the primary's proposal that
 * its view overruled, another the one that was agreed on. The first shows what it holds as soon as
 * it knows; and while both remember, and frames are delivered, it proves the lie within bounded time.
 */
export class Overruled implements Checker {
  readonly name = "equivocation proven";
  readonly #frame: CheckerFrame;
  readonly #seen = new Map<ReplicaProcess, Seen>();
  #cases: Case[] = [];

  constructor(frame: CheckerFrame) {
    this.#frame = frame;
  }

  step(replica: SimulatedReplica, input: Input, outputs: readonly Output[]): void {
    const { process } = replica;
    if (!isBound(replica) || process === undefined) return;
    const seen = this.#seenBy(replica, process);
    const isDropped = outputs.some(({ type }) => type === "dropped");
    if (input.type === "vote" && input.vote.vote.type === VOTE_PRE_PREPARE && !isDropped) {
      const { view, sequence, digest } = input.vote.vote;
      const place = `${view}/${sequence}`;
      if (!seen.proposals.has(place)) seen.proposals.set(place, keyText(digest));
    }
    for (const output of outputs) {
      if (output.type === "evidence") seen.accused.add(output.author);
      if (output.type !== "send" || output.kind !== FRAME.proposal) continue;
      const { view, sequence } = certificateCodec.decode(output.body);
      seen.shown.add(`${view}/${sequence}`);
    }
    for (const output of outputs) {
      if (output.type !== "persist" || output.record.type !== "committed") continue;
      this.#committed(process, seen, output.record.certificate);
    }
  }

  look(): void {
    const { world, plan } = this.#frame;
    this.#cases = this.#cases.filter((each) => this.#isOpen(each));
    for (const { seen, certificate, author, sinceMs } of this.#cases) {
      if (world.nowMs - Math.max(sinceMs, plan.healMs) <= PROVEN_MS_MAX) continue;
      const { view, sequence } = certificate;
      const what = `${author} proposed two things as ${sequence} in view ${view}`;
      demand(false, this.name, () => `${seen.replica.name} cannot prove that ${what}`);
    }
  }

  #seenBy(replica: SimulatedReplica, process: ReplicaProcess): Seen {
    let seen = this.#seen.get(process);
    if (seen === undefined) {
      seen = { replica, proposals: new Map(), shown: new Set(), accused: new Set() };
      this.#seen.set(process, seen);
    }
    return seen;
  }

  #committed(process: ReplicaProcess, seen: Seen, certificate: Certificate): void {
    const { view, sequence, digest } = certificate;
    const proposed = seen.proposals.get(`${view}/${sequence}`);
    if (proposed === undefined || proposed === keyText(digest)) return;
    // What it had of a view long past went with the view.
    if (process.machine.status.view > view + 1) return;
    this.#frame.world.mark("evidence: a proposal was overruled in its view");
    const author = primaryOf(process.committee, view);
    const isShown = seen.accused.has(author) || seen.shown.has(`${view}/${sequence}`);
    const what = `what it was sent as ${sequence} in view ${view}`;
    demand(isShown, this.name, () => `${seen.replica.name} conceals ${what}`);
    this.#cases.push({ seen, process, certificate, author, sinceMs: this.#frame.world.nowMs });
  }

  /** Not proven yet, and somebody who was sent the other proposal is there to say so. */
  #isOpen({ seen, process, certificate, author }: Case): boolean {
    if (seen.accused.has(author) || !this.#remembers(process, certificate)) return false;
    for (const [other, { replica, proposals }] of this.#seen) {
      if (other === process || replica.process !== other || !isBound(replica)) continue;
      const { view, sequence, digest } = certificate;
      if (proposals.get(`${view}/${sequence}`) !== keyText(digest)) continue;
      if (this.#remembers(other, certificate)) return true;
    }
    return false;
  }

  /** It runs still, and has dropped neither the log nor the view. */
  #remembers(process: ReplicaProcess, { view, sequence }: Certificate): boolean {
    if (process.hasEnded) return false;
    const { status } = process.machine;
    return status.view <= view + 1 && status.stable < sequence;
  }
}
