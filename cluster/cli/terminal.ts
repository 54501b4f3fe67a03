/** As much of a stream as a terminal needs; process.stdout is one. */
export interface TextSink {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface TerminalOptions {
  /** One object on stdout, and nothing for people. */
  readonly json: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
}

export type Paint = "bold" | "dim" | "green" | "red" | "yellow";

const SGR: Readonly<Record<Paint, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
const COLUMNS_DEFAULT = 80;

/**
 * What a command says. Results go to stdout, remarks and progress to stderr, so that a pipe sees
 * results alone. Colour and the live line exist only where a person watches a terminal.
 */
export class Terminal {
  readonly json: boolean;
  /** A person watches: a live line makes sense. */
  readonly live: boolean;
  readonly #color: boolean;
  readonly #stdout: TextSink;
  readonly #stderr: TextSink;
  #liveLine = "";

  constructor(options: TerminalOptions) {
    const { environment } = options;
    this.json = options.json;
    this.#stdout = options.stdout;
    this.#stderr = options.stderr;
    this.live = !options.json && options.stderr.isTTY === true && environment["TERM"] !== "dumb";
    this.#color = this.live && !environment["NO_COLOR"];
  }

  /** The command's answer: the object with --json, the lines without. */
  result(value: object, lines: readonly string[]): void {
    this.clearLive();
    if (this.json) this.#stdout.write(`${JSON.stringify(value)}\n`);
    else if (lines.length > 0) this.#stdout.write(`${lines.join("\n")}\n`);
  }

  /** A remark for people; silent with --json. */
  note(text: string): void {
    if (this.json) return;
    const line = this.#liveLine;
    this.clearLive();
    this.#stderr.write(`${text}\n`);
    this.showLive(line);
  }

  /** Replaces the line at the bottom; does nothing where nobody watches. */
  showLive(text: string): void {
    if (!this.live || text === "") return;
    const room = (this.#stderr.columns ?? COLUMNS_DEFAULT) - 1;
    const line = text.length > room ? `${text.slice(0, room - 1)}…` : text;
    this.#stderr.write(`\r\u001B[2K${this.paint("dim", line)}`);
    this.#liveLine = text;
  }

  clearLive(): void {
    if (this.#liveLine === "") return;
    this.#liveLine = "";
    this.#stderr.write("\r\u001B[2K");
  }

  /** `error CODE: what was wrong` and `hint: what to do`; with --json the object on stdout. */
  failure(error: { readonly code: string; readonly message: string; readonly hint: string }): void {
    this.clearLive();
    const { code, message, hint } = error;
    if (this.json) {
      this.#stdout.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
      return;
    }
    this.#stderr.write(`${this.paint("red", "error")} ${code}: ${message}\nhint: ${hint}\n`);
  }

  paint(paint: Paint, text: string): string {
    return this.#color ? `\u001B[${SGR[paint]}m${text}\u001B[0m` : text;
  }
}
