import type { Hash } from "../../base/types.ts";
import type { State } from "../../consensus/execution/state.ts";
import type { SystemClock } from "../system-clock.ts";
import type { BlobStore } from "../host/blob-store.ts";
import { CHECKER_COUNT } from "../limits.ts";
import type { Logger } from "../log.ts";
import type { Figures } from "../metrics/figures.ts";
import { Admission } from "./admission.ts";
import { SameThreadChecker } from "./checker.ts";
import type { Checker } from "./checker.ts";
import { Citables } from "./citables.ts";
import { ThreadChecker } from "./thread-checker.ts";

export interface AdmissionParts {
  readonly hash: (bytes: Uint8Array) => Hash;
  readonly state: State;
  readonly blobs: BlobStore;
  readonly figures: Figures;
  readonly clock: Pick<SystemClock, "monotonicMs">;
  readonly log: Logger;
}

/** Threads start with the first proof: a cluster that caches builds never has one. */
export function createAdmission(parts: AdmissionParts): Admission {
  const { hash, state, blobs, figures, clock, log } = parts;
  const citables = new Citables({ hash, state, blobs });
  return new Admission({
    blobs,
    citables,
    checkers: Array.from({ length: CHECKER_COUNT }, newChecker),
    checks: figures.checks,
    monotonicMs: () => clock.monotonicMs(),
    log,
  });
}

/** Node runs no TypeScript: from sources there is no thread. */
function newChecker(): Checker {
  if (import.meta.url.endsWith(".ts")) return new SameThreadChecker();
  return new ThreadChecker(new URL("./checker-worker.js", import.meta.url));
}
