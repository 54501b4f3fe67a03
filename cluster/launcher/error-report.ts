import { QuorateError } from "../../base/quorate-error.ts";

/** An error as it crosses from one process to another. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export function reportOf(error: unknown): ErrorReport {
  if (error instanceof QuorateError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "INTERNAL", message, hint: "this is a fault of quorate itself: please report it" };
}

export function errorOf({ code, message, hint }: ErrorReport): QuorateError {
  return new QuorateError(code, message, hint);
}
