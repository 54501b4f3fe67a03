import { QuorateError } from "../../base/quorate-error.ts";

/** How one attempt to publish ended. */
export type Attempt =
  | "published"
  | "conflict"
  | "withdrawn"
  | "dropped"
  | "stale-version"
  | "lapsed"
  | "later";

/** Codes after which these signed bytes will never be executed, though others might. */
const LAPSED: ReadonlySet<string> = new Set([
  "WRITE_EXPIRED",
  "BELOW_WINDOW",
  "ALREADY_EXECUTED",
  "WRONG_EPOCH",
]);
/** Another answer stands: ours is evidence, and the cluster holds it. */
const CONFLICT: ReadonlySet<string> = new Set(["DIFFERS", "DISPUTED"]);
/** No later attempt can end otherwise. */
const FINAL: ReadonlySet<string> = new Set([
  "NOT_ENROLLED",
  "NOT_ALLOWED",
  "WRITE_MALFORMED",
  "MALFORMED",
  "UNKNOWN_KIND",
  "VOTES_FULL",
  "WRITE_INVALID",
  "NOT_A_WRITER",
]);

export function attemptOf(error: unknown): Attempt {
  const code = error instanceof QuorateError ? error.code : "";
  if (code === "STALE_VERSION") return "stale-version";
  if (LAPSED.has(code)) return "lapsed";
  if (CONFLICT.has(code)) return "conflict";
  // A tombstone stands: what an operator withdrew must not go on being served from here.
  if (code === "WITHDRAWN") return "withdrawn";
  return FINAL.has(code) ? "dropped" : "later";
}
