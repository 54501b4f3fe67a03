/** One thing that is wrong, and what to do. Codes are stable, as those of errors. */
export interface Finding {
  /** `error`: something does not work or is not safe; `warning`: it soon may not. */
  readonly severity: "error" | "warning";
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export function fault(code: string, message: string, hint: string): Finding {
  return { severity: "error", code, message, hint };
}

export function warning(code: string, message: string, hint: string): Finding {
  return { severity: "warning", code, message, hint };
}
