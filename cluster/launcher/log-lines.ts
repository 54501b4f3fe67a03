import { LOG_LINE_BYTES_MAX } from "./rotating-log.ts";

/** pino's number for an error. */
const LEVEL_ERROR = 50;

/**
 * Cuts a child's output into lines of JSON. What is not an object already (a crash trace of the
 * engine, a stray print) is wrapped into one, so that the log stays one format to the last line.
 */
export class LogLines {
  readonly #stream: string;
  readonly #now: () => number;
  readonly #write: (line: string) => void;
  #rest = "";
  #cutting = false;

  constructor(options: {
    readonly stream: "stdout" | "stderr";
    readonly now: () => number;
    readonly write: (line: string) => void;
  }) {
    this.#stream = options.stream;
    this.#now = options.now;
    this.#write = options.write;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(line);
    // The part without an end is bounded too: its first stretch is a line, the rest is dropped.
    if (this.#rest.length > LOG_LINE_BYTES_MAX) {
      if (!this.#cutting) this.#emit(this.#rest);
      this.#cutting = true;
      this.#rest = "";
    }
  }

  end(): void {
    const rest = this.#rest;
    this.#rest = "";
    this.#take(rest);
  }

  #take(line: string): void {
    if (this.#cutting) this.#cutting = false;
    else this.#emit(line);
  }

  #emit(line: string): void {
    if (line.trim() === "") return;
    if (line.length <= LOG_LINE_BYTES_MAX && isObject(line)) {
      this.#write(line);
      return;
    }
    const message = line.slice(0, LOG_LINE_BYTES_MAX);
    this.#write(
      JSON.stringify({ level: LEVEL_ERROR, time: this.#now(), stream: this.#stream, msg: message }),
    );
  }
}

function isObject(line: string): boolean {
  if (!line.startsWith("{") || !line.endsWith("}")) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
