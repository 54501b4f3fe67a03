import type { Terminal } from "./terminal.ts";

/** What every command is given, and where it leaves its verdict. */
export interface Frame {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** One of exit-codes.ts. */
  exitCode: number;
}
