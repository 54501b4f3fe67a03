import { compareBytes, equalBytes, toHex } from "../../base/bytes.ts";
import { hlcAddMs } from "../../base/hlc.ts";
import type { Epoch, Hlc, PublicKey, ReplicaIndex, Sequence, Signature } from "../../base/types.ts";
import { quorumOf } from "../committee.ts";
import type { Committee, Member } from "../committee.ts";
import { membershipBytes } from "../epochs/consent.ts";
import { epochBoundary } from "../epochs/epoch-boundary.ts";
import type { CheckedRemoval } from "../checked.ts";
import { REPLICA_COUNT_MIN, SUSPICION_MS_MAX } from "../limits.ts";
import { configurationStateKey } from "../map/state-keys.ts";
import { isMemberAddress } from "../member-address.ts";
import { configurationRowCodec, reconfigurationCodec } from "../wire/configuration.ts";
import type { ConfigurationRow, Reconfiguration } from "../wire/configuration.ts";
import * as outcomes from "./outcomes.ts";
import type { WorkingRows } from "./working-rows.ts";

export interface MembershipRules {
  /** Of epoch 0. */
  readonly genesis: Committee;
  readonly verify: (key: PublicKey, message: Uint8Array, signature: Signature) => boolean;
  /** K, where all replicas run with another than the usual one, as in a simulation. */
  readonly checkpointInterval?: number;
  /** Whether a public key may be a member's: canonical, torsion-free, not of small order. */
  readonly admitsKey: (key: PublicKey) => boolean;
}

/**
 * Who votes, by epoch, as the replicated state has it. A configuration is decided by an ordered
 * operation and begins after its boundary; until then no other can be decided, so there is at most
 * one that has not begun.
 */
export class Configurations {
  readonly #rows: WorkingRows;
  readonly #rules: MembershipRules;
  /** By epoch, from 1 on. */
  readonly #known = new Map<Epoch, ConfigurationRow>();

  constructor(rows: WorkingRows, rules: MembershipRules) {
    this.#rows = rows;
    this.#rules = rules;
  }

  /** The last sequence of an epoch; undefined: no successor is decided. */
  endOf(epoch: Epoch): Sequence | undefined {
    return this.#known.get((epoch + 1) as Epoch)?.boundary;
  }

  /** Who votes on this sequence, as far as what is executed tells. */
  committeeAt(sequence: Sequence): Committee {
    for (let epoch = this.#known.size; epoch > 0; epoch--) {
      const row = this.#known.get(epoch as Epoch);
      if (row !== undefined && sequence > row.boundary) return this.#committeeOf(row);
    }
    return this.#rules.genesis;
  }

  /** The configuration that begins after this very sequence. */
  beginningAfter(sequence: Sequence): Committee | undefined {
    const row = this.#known.get(this.#known.size as Epoch);
    return row?.boundary === sequence ? this.#committeeOf(row) : undefined;
  }

  /** L130: carries out an administrator's order at this sequence; answers an OUTCOME_*. */
  decide(encoded: Uint8Array, sequence: Sequence, quarantined: ReadonlySet<ReplicaIndex>): number {
    const order = reconfigurationCodec.tryDecode(encoded);
    if (order === undefined) return outcomes.OUTCOME_MALFORMED;
    const current = this.committeeAt(sequence);
    if (this.endOf(current.epoch) !== undefined) return outcomes.OUTCOME_RECONFIGURATION_PENDING;
    if (order.epoch !== current.epoch + 1) return outcomes.OUTCOME_RECONFIGURATION_STALE;
    if (!this.#isPossible(order, current) || !canDecide(order, current, quarantined)) {
      return outcomes.OUTCOME_CONFIGURATION_REFUSED;
    }
    if (!this.#isAgreedTo(order, current, quarantined)) return outcomes.OUTCOME_CONSENT_MISSING;
    this.#begin(order, sequence);
    return outcomes.OUTCOME_ACCEPTED;
  }

  /**
   * L140: lets go of members for their silence, if nothing else is decided already, none is a
   * convict, and the suspicions are of now: by agreed time, so that all replicas judge alike.
   */
  remove(
    removal: CheckedRemoval,
    { sequence, time }: { readonly sequence: Sequence; readonly time: Hlc },
    quarantined: ReadonlySet<ReplicaIndex>,
  ): void {
    const current = this.committeeAt(sequence);
    const { epoch, faultyMax } = current;
    if (removal.epoch !== epoch || this.endOf(epoch) !== undefined) return;
    if (hlcAddMs(removal.asOf, SUSPICION_MS_MAX) < time) return;
    // Who leaves takes his sentence with him: a convict must not get rid of it by being silent.
    if (removal.members.some((member) => quarantined.has(member))) return;
    const members = current.members.filter(
      (_, index) => !removal.members.includes(index as ReplicaIndex),
    );
    const next = { epoch: (epoch + 1) as Epoch, members, faultyMax, consents: [] };
    if (!this.#isPossible(next, current) || !canDecide(next, current, quarantined)) return;
    this.#begin(next, sequence);
  }

  #begin({ epoch, members, faultyMax }: Reconfiguration, sequence: Sequence): void {
    const boundary = epochBoundary(sequence, this.#rules.checkpointInterval);
    const row = { epoch, members, faultyMax, decided: sequence, boundary };
    this.#known.set(epoch, row);
    this.#rows.set(configurationStateKey(epoch), configurationRowCodec.encode(row));
  }

  /** From a scan or a transfer: the row is there already. */
  load(bytes: Uint8Array): void {
    const row = configurationRowCodec.decode(bytes);
    this.#known.set(row.epoch, row);
  }

  /** A repair may lead to an older state. */
  forget(bytes: Uint8Array): void {
    this.#known.delete(configurationRowCodec.decode(bytes).epoch);
  }

  /**
   * Safety against f liars needs n ≥ 2f+1, so that Q ≤ n and two quorums share a correct member.
   * Fewer than 3f+1 members go on as long as at most n−Q are silent: an operator may ask for that.
   */
  #isPossible({ members, faultyMax }: Reconfiguration, current: Committee): boolean {
    if (members.length < 2 * faultyMax + 1 || members.length < REPLICA_COUNT_MIN) return false;
    if (faultyMax < 1 && current.faultyMax > 0) return false;
    const keys = new Set(members.map(({ publicKey }) => toHex(publicKey)));
    const addresses = new Set(members.map(({ address }) => address));
    if (keys.size !== members.length || addresses.size !== members.length) return false;
    return members.every(
      ({ publicKey, address }) => isMemberAddress(address) && this.#rules.admitsKey(publicKey),
    );
  }

  /**
   * By every key that joins, and by those that hand their place on: to a key that joins at the same
   * index and address. A convict hands nothing on, or he would shed his sentence with his key.
   */
  #isAgreedTo(
    order: Reconfiguration,
    current: Committee,
    quarantined: ReadonlySet<ReplicaIndex>,
  ): boolean {
    const message = membershipBytes(current.clusterId, order);
    const joining = order.members.filter((member) => !hasKey(current.members, member.publicKey));
    const handing = current.members.filter((member, index) => {
      const next = order.members[index];
      const isNext =
        next !== undefined && joining.includes(next) && next.address === member.address;
      if (!isNext || quarantined.has(index as ReplicaIndex)) return false;
      return !hasKey(order.members, member.publicKey) && hasKey(order.consents, member.publicKey);
    });
    const expected = [...joining, ...handing].map(keyOf).sort(compareBytes);
    if (expected.length !== order.consents.length) return false;
    return order.consents.every(({ publicKey, signature }, index) => {
      const key = expected[index];
      if (key === undefined || !equalBytes(key, publicKey)) return false;
      return this.#rules.verify(publicKey, message, signature);
    });
  }

  #committeeOf({ epoch, members, faultyMax }: ConfigurationRow): Committee {
    return { clusterId: this.#rules.genesis.clusterId, epoch, members, faultyMax };
  }
}

/** Convicted members who stay are not listened to: the others must make a quorum without them. */
function canDecide(
  next: Reconfiguration,
  current: Committee,
  quarantined: ReadonlySet<ReplicaIndex>,
): boolean {
  const convicts = [...quarantined].map((index) => current.members[index]?.publicKey);
  const heard = next.members.filter(
    ({ publicKey }) => !convicts.some((key) => key !== undefined && equalBytes(key, publicKey)),
  );
  return heard.length >= quorumOf(next);
}

function keyOf({ publicKey }: Member): PublicKey {
  return publicKey;
}

function hasKey(among: readonly { readonly publicKey: PublicKey }[], key: PublicKey): boolean {
  return among.some(({ publicKey }) => equalBytes(publicKey, key));
}
