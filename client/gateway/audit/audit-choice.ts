import { hash } from "node:crypto";
import type { Hash } from "../../../base/types.ts";

/** For as long as a choice holds; the next day's builds are asked about other keys. */
export const CHOICE_MS = 24 * 60 * 60 * 1000;

/**
 * Which keys are to be made again: a share of them, the same ones for a day, so that a build that
 * asks twice gets one answer. Chosen by a secret, or a liar could leave the chosen ones alone.
 */
export class AuditChoice {
  readonly #threshold: number;
  readonly #secret: Uint8Array;

  /** `share`: 0 to 1. */
  constructor(share: number, secret: Uint8Array) {
    this.#threshold = share * 2 ** 32;
    this.#secret = secret;
  }

  isChosen(location: Hash, nowMs: number): boolean {
    const day = Math.floor(nowMs / CHOICE_MS);
    const drawn = Buffer.concat([this.#secret, location, Buffer.from(`${day}`)]);
    return hash("sha256", drawn, "buffer").readUInt32BE(0) < this.#threshold;
  }
}
