import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "../../types.ts";
import type { RecordSource } from "../tiers/record-source.ts";
import type { Tier, TierAnswer, TierQuestion } from "../tier.ts";
import { WORK_POLL_MS } from "./limits.ts";
import { OpenObligations } from "./open-obligations.ts";

/** The cluster's workers: opens the obligation and waits until one of them has published a proof. */
export class WorkersTier implements Tier {
  readonly name = "workers" as const;
  readonly isLookup = false;
  readonly #open: OpenObligations;
  readonly #source: RecordSource;
  readonly #waitMs: number;

  constructor(client: Client, namespace: string, source: RecordSource, waitMs: number) {
    this.#open = new OpenObligations(client, namespace);
    this.#source = source;
    this.#waitMs = waitMs;
  }

  readonly try = async (question: TierQuestion): Promise<TierAnswer> => {
    const { obligation, key, signal, judge, note } = question;
    await this.#open.open(obligation, signal);
    note("opened for the cluster's workers");
    const until = performance.now() + this.#waitMs;
    const seen = new Set<string>();
    while (performance.now() < until) {
      await pause(WORK_POLL_MS, undefined, { signal });
      for await (const { record, from } of this.#source.records(key, signal)) {
        const name =
          Buffer.from(record.proof.subarray(0, 64)).toString("hex") + record.proof.length;
        if (seen.has(name)) continue;
        seen.add(name);
        const judgement = await judge(record, from);
        if (judgement.status !== "accept") continue;
        await this.#open.close(key, signal).catch(() => undefined);
        return { status: "found", proof: judgement.proof, from: "a worker" };
      }
    }
    return { status: "nothing", reason: "no worker has proved it yet; it stays open" };
  };
}
