import { hlcAddMs } from "../../base/hlc.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import type { CheckedRemoval } from "../checked.ts";
import { raisesSpare } from "../epochs/removal.ts";
import { SUSPICION_MS_MAX } from "../limits.ts";
import { Refusal } from "../refusal.ts";
import { SIGNED_SUSPICION } from "../wire/certificate.ts";
import { suspicionCodec } from "../wire/removal.ts";
import type { Removal, Suspicion } from "../wire/removal.ts";
import type { Context } from "./context.ts";
import type { ReceivedSigned } from "./input.ts";

/** How often a suspicion that still holds is said again: some times before it is too old to count. */
const SUSPICION_EVERY_MS = 4000;
/** A removal that was proposed and not executed, or executed and refused, is not proposed at once again. */
const REMOVAL_EVERY_MS = 4000;
/** Suspicions are used up to this age, so that they do not grow too old under way. */
const USED_MS_MAX = SUSPICION_MS_MAX / 2;

/**
 * Members without a link for long. Silence proves nothing, so nobody is let go by one word: it takes
 * Q suspicions of every member that leaves, in the proposal itself, and a cluster that is the better
 * for it (epochs/removal.ts).
 */
export class Silence {
  readonly #context: Context;
  /** Since when there is no link to a member, monotonic milliseconds. */
  readonly #lostMs = new Map<ReplicaIndex, number>();
  /** The last one of each member. */
  readonly #suspicions = new Map<ReplicaIndex, ReceivedSigned<Suspicion>>();
  #suspectMs = 0;
  #proposeMs = 0;
  /** Something was said since it was last looked whether Q agree. */
  #isNews = false;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Links come up after this; until then every member counts as lost. */
  start(): void {
    const { committee, index, now } = this.#context;
    for (const at of committee.members.keys()) {
      if (at !== index) this.lost(at as ReplicaIndex);
    }
    this.#suspectMs = now.monotonicMs;
  }

  lost(index: ReplicaIndex): void {
    if (!this.#lostMs.has(index)) this.#lostMs.set(index, this.#context.now.monotonicMs);
  }

  found(index: ReplicaIndex): void {
    this.#lostMs.delete(index);
  }

  /** L138: says whom it misses, if the cluster were the better for letting all of them go. */
  tick(): void {
    const { monotonicMs, reading } = this.#context.now;
    if (monotonicMs < this.dueMs) return;
    this.#suspectMs = monotonicMs + SUSPICION_EVERY_MS;
    const { committee, epochEnd, timing } = this.#context;
    const silent = [...this.#lostMs].filter(([, ms]) => monotonicMs - ms >= timing.silenceMs);
    if (epochEnd !== undefined || !raisesSpare(committee, silent.length)) return;
    const members = Uint8Array.from(silent, ([index]) => index).sort();
    const body = suspicionCodec.encode({ epoch: committee.epoch, members, asOf: reading });
    this.#context.sign(SIGNED_SUSPICION, body);
  }

  /**
   * Monotonic milliseconds. Who broke down together is let go together: one of a group alone would
   * raise no spare any more. So the others that are missing are waited for, and as long again at the
   * most, for one that comes and goes must not hold up the rest.
   */
  get dueMs(): number {
    if (this.#lostMs.size === 0) return Number.POSITIVE_INFINITY;
    const { silenceMs } = this.#context.timing;
    const lost = [...this.#lostMs.values()];
    const silentMs = Math.min(Math.max(...lost) + silenceMs, Math.min(...lost) + 2 * silenceMs);
    return Math.max(this.#suspectMs, silentMs);
  }

  receive(received: ReceivedSigned<Suspicion>): void {
    const held = this.#suspicions.get(received.author);
    if (held !== undefined && held.message.asOf >= received.message.asOf) return;
    this.#suspicions.set(received.author, received);
    this.#isNews = true;
  }

  /** L139: what the primary may propose now: those whom Q others miss, with the words of these. */
  takeRemoval(): { readonly removal: Removal; readonly checked: CheckedRemoval } | undefined {
    const { epochEnd, now, verifier } = this.#context;
    if (!this.#isNews || epochEnd !== undefined) return undefined;
    if (now.monotonicMs < this.#proposeMs) return undefined;
    this.#isNews = false;
    const removal = this.#agreed();
    if (removal === undefined) return undefined;
    const checked = verifier.removal(removal);
    if (checked instanceof Refusal) return undefined;
    this.#proposeMs = now.monotonicMs + REMOVAL_EVERY_MS;
    return { removal, checked };
  }

  /**
   * Everybody whom Q others miss, or as many of them as Q members miss alike: one liar that some see
   * and some don't must not keep those from leaving whom all miss.
   */
  #agreed(): Removal | undefined {
    const { committee, now, quorum } = this.#context;
    const fresh = [...this.#suspicions.values()]
      .filter(({ message }) => hlcAddMs(message.asOf, USED_MS_MAX) >= now.reading)
      .sort((left, right) => left.author - right.author);
    let leaving = [...committee.members.keys()].filter((at) => this.#mayLeave(at, fresh));
    while (leaving.length > 0) {
      const agreeing = whoMiss(leaving, fresh);
      if (agreeing.length >= quorum && raisesSpare(committee, leaving.length)) {
        const suspicions = agreeing.slice(0, quorum).map(({ signed }) => signed);
        return { members: Uint8Array.from(leaving), suspicions };
      }
      leaving = withoutTheLeastMissed(leaving, fresh);
    }
    return undefined;
  }

  /** Not who has come back here, and not a convict: his sentence would be forgotten. */
  #mayLeave(at: number, fresh: readonly ReceivedSigned<Suspicion>[]): boolean {
    const { index, quorum } = this.#context;
    const member = at as ReplicaIndex;
    if (member !== index && !this.#lostMs.has(member)) return false;
    return !this.#context.isQuarantined(member) && whoMiss([at], fresh).length >= quorum;
  }
}

/** Whose word about these counts: he misses all of them, and is none of them. */
function whoMiss(
  members: readonly number[],
  fresh: readonly ReceivedSigned<Suspicion>[],
): readonly ReceivedSigned<Suspicion>[] {
  return fresh.filter(
    ({ author, message }) =>
      !members.includes(author) && members.every((at) => message.members.includes(at)),
  );
}

/** One fewer: without him the most agree about the others. */
function withoutTheLeastMissed(
  leaving: readonly number[],
  fresh: readonly ReceivedSigned<Suspicion>[],
): number[] {
  const smaller = leaving.map((one) => leaving.filter((other) => other !== one));
  return smaller.reduce((best, each) =>
    whoMiss(each, fresh).length > whoMiss(best, fresh).length ? each : best,
  );
}
