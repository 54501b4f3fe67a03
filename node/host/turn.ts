import type { PromiseRecord } from "../../consensus/replica/output.ts";
import type { Output } from "../../consensus/replica/output.ts";
import type { Vote } from "../../consensus/wire/certificate.ts";

/** Outputs that leave the process, and those whose place among them counts. */
export type Outgoing = Extract<Output, { readonly type: "send" | "sign" | "truncate" }>;

/**
 * What the steps of one or more turns asked for and may not happen before the records are durable.
 * While a flush is under way the next turns gather here: one fdatasync for all of them.
 */
export class Turn {
  readonly records: PromiseRecord[] = [];
  readonly votes: Vote[] = [];
  readonly outgoing: Outgoing[] = [];
  /** Who wants to know when the records are durable. */
  readonly waiters: Waiter[] = [];

  get isEmpty(): boolean {
    return this.records.length === 0 && this.votes.length === 0 && this.outgoing.length === 0;
  }

  isDurable(): void {
    for (const { resolve } of this.waiters.splice(0)) resolve();
  }

  isLost(error: unknown): void {
    for (const { reject } of this.waiters.splice(0)) reject(error);
  }
}

export interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
