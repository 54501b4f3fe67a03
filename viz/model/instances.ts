import { NONE } from "./event-table.ts";
import type { EventTable } from "./event-table.ts";
import { kindNumber } from "./kinds.ts";

/**
 * Some members, a bit for each number modulo {@link MEMBER_BITS}. Numbers are never given twice, so
 * in a long life the members of one configuration may be far apart, but hardly a thousand joins.
 */
export type MemberSet = bigint;

/** One consensus instance: what is known of a sequence, from all lanes. */
export interface Instance {
  readonly slot: number;
  view: number;
  /** What was last said to be agreed on, and in which view. */
  digest: number;
  digestView: number;
  /** Rows; NONE while it has not happened. */
  proposedRow: number;
  /** The first certificates that anybody held. */
  preparedRow: number;
  committedRow: number;
  certifiedRow: number;
  /** The first execution, which names the entries that were written. */
  executedRow: number;
  /** Who sent a prepare (a pre-prepare counts as its primary's). */
  prepares: MemberSet;
  /** Who holds a prepared certificate, and so sent its commit. */
  commits: MemberSet;
  executions: MemberSet;
  /** Named by the statements' certificate. */
  signers: MemberSet;
  /** Different digests were proposed or voted for in one view. */
  contested: boolean;
  firstTime: number;
  lastTime: number;
}

/** A set is never longer, whatever numbers a recording names. */
const MEMBER_BITS = 1024;
const BITS: readonly MemberSet[] = Array.from({ length: MEMBER_BITS }, (_, at) => 1n << BigInt(at));
export const NOBODY: MemberSet = 0n;

const PROPOSED = kindNumber("proposed");
const VOTED = kindNumber("voted");
const PREPARED = kindNumber("prepared");
const COMMITTED = kindNumber("committed");
const EXECUTED = kindNumber("executed");
const CERTIFIED = kindNumber("certified");
const RELEVANT = new Set([PROPOSED, VOTED, PREPARED, COMMITTED, EXECUTED, CERTIFIED]);

export class Instances {
  readonly #bySlot = new Map<number, Instance>();
  readonly #table: EventTable;
  #rowsSeen = 0;
  #certifiedCount = 0;
  #sorted: readonly Instance[] | undefined;

  constructor(table: EventTable) {
    this.#table = table;
    this.settle();
  }

  /** Takes in the rows that came since. The order in which they come does not matter. */
  settle(): void {
    for (; this.#rowsSeen < this.#table.count; this.#rowsSeen++) {
      if (RELEVANT.has(this.#table.kind.at(this.#rowsSeen))) this.#note(this.#rowsSeen);
    }
    this.#sorted = undefined;
  }

  find(slot: number): Instance | undefined {
    return this.#bySlot.get(slot);
  }

  /** By the time at which each began. */
  inOrder(): readonly Instance[] {
    this.#sorted ??= [...this.#bySlot.values()].sort(
      (left, right) => left.firstTime - right.firstTime || left.slot - right.slot,
    );
    return this.#sorted;
  }

  /** Sequences that somebody holds a certificate of a quorum's statements for. */
  get certifiedCount(): number {
    return this.#certifiedCount;
  }

  #note(row: number): void {
    const table = this.#table;
    const slot = table.slot.at(row);
    if (slot === NONE) return;
    const instance = this.#instance(slot, table.time.at(row));
    const member = table.authors.lanes[table.lane.at(row)]?.member;
    const bit = member === undefined ? NOBODY : bitOf(member);
    const view = table.view.at(row);
    if (view > instance.view) instance.view = view;
    this.#noteDigest(instance, row, view);
    const kind = table.kind.at(row);
    if (kind === PROPOSED) {
      if (instance.proposedRow === NONE) instance.proposedRow = row;
      instance.prepares |= bit;
    } else if (kind === VOTED) instance.prepares |= bit;
    else if (kind === PREPARED) {
      instance.preparedRow = earlier(table, instance.preparedRow, row);
      instance.prepares |= bit | this.#signers(row);
      instance.commits |= bit;
    } else if (kind === COMMITTED) {
      instance.committedRow = earlier(table, instance.committedRow, row);
      instance.commits |= this.#signers(row);
    } else if (kind === EXECUTED) {
      instance.executedRow = earlier(table, instance.executedRow, row);
      instance.executions |= bit;
    } else {
      if (instance.certifiedRow === NONE) this.#certifiedCount++;
      instance.certifiedRow = earlier(table, instance.certifiedRow, row);
      instance.signers |= this.#signers(row);
    }
  }

  /** Two digests in one view mean that somebody said two things. */
  #noteDigest(instance: Instance, row: number, view: number): void {
    const digest = this.#table.digest.at(row);
    if (digest === 0) return;
    if (view === instance.digestView && instance.digest !== 0 && instance.digest !== digest) {
      instance.contested = true;
    }
    if (view < instance.digestView) return;
    instance.digest = digest;
    instance.digestView = view;
  }

  #signers(row: number): MemberSet {
    const text = this.#table.detailValueOf(row, "signers");
    return typeof text === "string" ? memberSetOf(text) : NOBODY;
  }

  #instance(slot: number, time: number): Instance {
    let instance = this.#bySlot.get(slot);
    if (instance === undefined) {
      instance = emptyInstance(slot, time);
      this.#bySlot.set(slot, instance);
    }
    instance.firstTime = Math.min(instance.firstTime, time);
    instance.lastTime = Math.max(instance.lastTime, time);
    return instance;
  }
}

/** "0 1 3" → members 0, 1 and 3. */
export function memberSetOf(signers: string): MemberSet {
  let set = NOBODY;
  for (const word of signers.split(" ")) {
    const member = Number(word);
    if (word !== "" && Number.isSafeInteger(member) && member >= 0) set |= bitOf(member);
  }
  return set;
}

/** Those of them who are in the set. */
export function membersOf(set: MemberSet, members: readonly number[]): number[] {
  return members.filter((member) => hasMember(set, member));
}

export function hasMember(set: MemberSet, member: number): boolean {
  return (set & bitOf(member)) !== NOBODY;
}

function bitOf(member: number): MemberSet {
  return BITS[member % MEMBER_BITS]!;
}

function emptyInstance(slot: number, time: number): Instance {
  return {
    slot,
    view: NONE,
    digest: 0,
    digestView: NONE,
    proposedRow: NONE,
    preparedRow: NONE,
    committedRow: NONE,
    certifiedRow: NONE,
    executedRow: NONE,
    prepares: NOBODY,
    commits: NOBODY,
    executions: NOBODY,
    signers: NOBODY,
    contested: false,
    firstTime: time,
    lastTime: time,
  };
}

function earlier(table: EventTable, known: number, row: number): number {
  return known === NONE || table.time.at(row) < table.time.at(known) ? row : known;
}
