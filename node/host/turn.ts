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

  get isEmpty(): boolean {
    return this.records.length === 0 && this.votes.length === 0 && this.outgoing.length === 0;
  }
}
