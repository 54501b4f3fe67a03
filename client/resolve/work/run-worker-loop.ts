import { setTimeout as pause } from "node:timers/promises";
import { toHex } from "../../../base/bytes.ts";
import type { Resolver } from "../resolver.ts";
import type { Leases, Lease } from "./lease.ts";
import { LEASE_MS, UNSOLVED_MS, WORK_POLL_MS } from "./limits.ts";
import type { OpenObligation } from "./open-obligations.ts";

export interface WorkerParts {
  readonly open: { readonly list: (signal: AbortSignal) => AsyncIterable<OpenObligation> };
  readonly leases: Pick<Leases, "claim">;
  /** Knows only what is published. */
  readonly known: Pick<Resolver, "resolve">;
  /** Tries everything on this machine, and publishes. */
  readonly prover: Pick<Resolver, "resolve">;
  readonly onEvent?: ((event: WorkerEvent) => void) | undefined;
  readonly leaseMs?: number | undefined;
  readonly pollMs?: number | undefined;
}

export interface WorkerEvent {
  readonly event: "solved" | "unsolved" | "publication-failed" | "trouble";
  readonly key: string;
  readonly reason: string;
}

/** How much sooner than its end a lease is renewed. */
const RENEWALS_PER_LEASE = 3;
/** Keys that are remembered as done or beyond this worker. */
const REMEMBERED_MAX = 65_536;

/** Proves what lies open, one obligation at a time, until the signal. */
export class WorkerLoop {
  readonly #parts: WorkerParts;
  readonly #signal: AbortSignal;
  /** Until when a key is left alone, by the monotonic clock. */
  readonly #leftAlone = new Map<string, number>();
  solved = 0;
  unsolved = 0;

  constructor(parts: WorkerParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** Ends with the signal and never throws: a cluster that is away comes back. */
  async run(): Promise<void> {
    const { pollMs = WORK_POLL_MS } = this.#parts;
    while (!this.#signal.aborted) {
      const worked = await this.#round().catch((error: unknown) => {
        this.#tell("trouble", "", error instanceof Error ? error.message : String(error));
        return false;
      });
      if (!worked) await pause(pollMs, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  /** Whether anything was tried: then the list is read anew at once. */
  async #round(): Promise<boolean> {
    const open: OpenObligation[] = [];
    for await (const one of this.#parts.open.list(this.#signal)) {
      if ((this.#leftAlone.get(toHex(one.key)) ?? 0) < performance.now()) open.push(one);
    }
    // Workers that begin at different places seldom want the same one.
    const first = Math.floor(Math.random() * open.length);
    for (const one of [...open.slice(first), ...open.slice(0, first)]) {
      if (await this.#attempt(one)) return true;
    }
    return false;
  }

  async #attempt({ obligation, key }: OpenObligation): Promise<boolean> {
    const name = toHex(key);
    const known = await this.#parts.known.resolve(obligation, { signal: this.#signal });
    if (known.status === "proved") {
      this.#leave(name, Infinity);
      return false;
    }
    const lease = await this.#parts.leases.claim(name, this.#signal);
    if (lease === undefined) return false;
    await this.#prove({ obligation, name, lease });
    return true;
  }

  async #prove(job: {
    readonly obligation: OpenObligation["obligation"];
    readonly name: string;
    readonly lease: Lease;
  }): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([this.#signal, lost.signal]);
    const { leaseMs = LEASE_MS } = this.#parts;
    const renewal = setInterval(() => {
      void job.lease.renew().then(
        (isOurs) => void (isOurs || lost.abort(new Error("the lease has passed on"))),
        () => undefined,
      );
    }, leaseMs / RENEWALS_PER_LEASE);
    try {
      const resolution = await this.#parts.prover.resolve(job.obligation, { signal });
      if (resolution.status === "proved") await this.#published(job.name, resolution);
      else this.#unsolved(job.name, resolution.steps.map(({ reason }) => reason).join("; "));
    } catch (error) {
      // A lease that passed on says nothing of what was to be proved.
      if (lost.signal.aborted) this.#tell("trouble", job.name, String(error));
      else if (!this.#signal.aborted) this.#unsolved(job.name, String(error));
    } finally {
      clearInterval(renewal);
    }
  }

  async #published(
    name: string,
    resolution: Extract<Awaited<ReturnType<Resolver["resolve"]>>, { status: "proved" }>,
  ): Promise<void> {
    const failed = (await resolution.published).find(({ outcome }) => outcome === "failed");
    this.solved++;
    this.#leave(name, Infinity);
    if (failed === undefined)
      this.#tell(
        "solved",
        name,
        `${resolution.grade} ${resolution.confidence.toFixed(2)} by ${resolution.from}`,
      );
    else this.#tell("publication-failed", name, failed.reason ?? "");
  }

  #unsolved(name: string, reason: string): void {
    this.unsolved++;
    this.#leave(name, performance.now() + UNSOLVED_MS);
    this.#tell("unsolved", name, reason);
  }

  #leave(name: string, untilMs: number): void {
    if (this.#leftAlone.size >= REMEMBERED_MAX) this.#leftAlone.clear();
    this.#leftAlone.set(name, untilMs);
  }

  #tell(event: WorkerEvent["event"], key: string, reason: string): void {
    this.#parts.onEvent?.({ event, key, reason });
  }
}
