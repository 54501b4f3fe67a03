import { HEDGE_MS_DEFAULT, HEDGE_MS_MAX, HEDGE_MS_MIN } from "../limits.ts";

/** Why an answer was refused; stable names, shown in status and counted by gateways. */
export type Lie =
  | "garbage"
  | "wrong-cluster"
  | "wrong-replica"
  | "forged-proof-of-identity"
  | "forged-certificate"
  | "forged-heartbeat"
  | "forged-proof"
  | "wrong-row"
  | "wrong-value"
  | "wrong-proofs"
  | "stale-root"
  | "below-floor"
  | "forged-execution"
  | "forged-revocation"
  | "forged-link";

/** Smoothing of latency and deviation, as TCP smooths its round trips (RFC 6298). */
const LATENCY_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;

/**
 * What one lie weighs against latency when replicas are ranked: it goes behind all honest ones.
 * Halved by every answer that holds, because one who was merely behind looks like a liar.
 */
const LIE_PENALTY_MS = 60_000;
/** What a stall weighs, halved by every answer that comes. */
const STALL_PENALTY_MS = 200;

/** What is remembered of one replica's behaviour. It decides whom to ask first, nothing else. */
export class HealthNotes {
  stalls = 0;
  /** Writes that it would not take for now. */
  busy = 0;
  readonly lies = new Map<Lie, number>();
  #latencyMs: number | undefined;
  #deviationMs = 0;
  #liePenaltyMs = 0;
  #stallPenaltyMs = 0;

  get latencyMs(): number {
    return this.#latencyMs ?? 0;
  }

  answered(latencyMs: number): void {
    this.#stallPenaltyMs /= 2;
    if (this.#latencyMs === undefined) {
      this.#latencyMs = latencyMs;
      this.#deviationMs = latencyMs / 2;
      return;
    }
    const difference = latencyMs - this.#latencyMs;
    this.#latencyMs += LATENCY_GAIN * difference;
    this.#deviationMs += DEVIATION_GAIN * (Math.abs(difference) - this.#deviationMs);
  }

  /** An answer of it held. */
  proved(): void {
    this.#liePenaltyMs /= 2;
  }

  stalled(): void {
    this.stalls++;
    this.#stallPenaltyMs += STALL_PENALTY_MS;
  }

  /** Says nothing of its honesty, nor of how fast it answers reads. */
  refusedBusy(): void {
    this.busy++;
  }

  lied(reason: Lie): void {
    this.#liePenaltyMs += LIE_PENALTY_MS;
    this.lies.set(reason, (this.lies.get(reason) ?? 0) + 1);
  }

  /** Lower is better. */
  get score(): number {
    return this.latencyMs + this.#stallPenaltyMs + this.#liePenaltyMs;
  }

  /** When to ask somebody else too: about where 95 in 100 answers have come. */
  get hedgeMs(): number {
    if (this.#latencyMs === undefined) return HEDGE_MS_DEFAULT;
    const late = this.#latencyMs + 4 * this.#deviationMs;
    return Math.min(HEDGE_MS_MAX, Math.max(HEDGE_MS_MIN, late));
  }
}
