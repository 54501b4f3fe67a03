/**
 * A caller's mistake or a condition that a caller can act on. `code` is stable and listed in
 * docs/errors.md; people match on it, never on the message.
 */
export class QuorateError extends Error {
  readonly code: string;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "QuorateError";
    this.code = code;
    this.hint = hint;
  }
}
