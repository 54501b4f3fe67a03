import { fromUtf8 } from "../../../base/bytes.ts";
import { TEXT_LINE_BYTES_MAX, TEXT_VALUE_BYTES_MAX } from "../limits.ts";
import type { TextEntries } from "./text-entries.ts";
import { ProtocolError } from "./text-server.ts";
import type { Reply, TextSession } from "./text-server.ts";

/** Arguments of one command; a SET with options has seven. */
const ARGUMENT_COUNT_MAX = 64;
const NIL = "$-1\r\n";
const OK = "+OK\r\n";

/**
 * Redis's protocol (RESP2), as far as ccache and sccache speak it. What is not certified is nil.
 * AUTH's user is the namespace; expiry and databases are heard and not kept.
 */
export class RedisSession implements TextSession {
  readonly #entries: TextEntries;
  #wants = 1;

  constructor(entries: TextEntries) {
    this.#entries = entries;
  }

  wants(): number {
    return this.#wants;
  }

  parse(bytes: Buffer): { readonly size: number; readonly run: () => Promise<Reply> } | undefined {
    this.#wants = bytes.length + 1;
    const first = readLine(bytes, 0);
    if (first === undefined) return undefined;
    if (!first.text.startsWith("*")) {
      const words = first.text.split(" ").filter((word) => word !== "");
      return { size: first.end, run: () => this.#run(words.map((word) => Buffer.from(word))) };
    }
    const count = readCount(first.text, ARGUMENT_COUNT_MAX);
    const words: Buffer[] = [];
    let at = first.end;
    for (let index = 0; index < count; index++) {
      const line = readLine(bytes, at);
      if (line === undefined) return undefined;
      if (!line.text.startsWith("$")) throw broken();
      const size = readCount(line.text, TEXT_VALUE_BYTES_MAX);
      at = line.end + size + 2;
      if (bytes.length < at) {
        this.#wants = at;
        return undefined;
      }
      words.push(bytes.subarray(line.end, line.end + size));
    }
    this.#wants = 1;
    return { size: at, run: () => this.#run(words) };
  }

  async #run(words: readonly Buffer[]): Promise<Reply> {
    const [name = Buffer.alloc(0), ...rest] = words;
    switch (name.toString("latin1").toUpperCase()) {
      case "":
        return { parts: [] };
      case "PING":
        return { parts: ["+PONG\r\n"] };
      case "AUTH":
        return this.#authenticate(rest);
      case "SELECT":
      case "CLIENT":
        return { parts: [OK] };
      case "GET":
        return this.#get(rest);
      case "SET":
        return this.#set(rest);
      case "EXISTS":
        return this.#count(rest, (key) => this.#entries.exists(key));
      case "DEL":
        return this.#count(rest, (key) => this.#entries.delete(key));
      case "QUIT":
        return { parts: [OK], isLast: true };
      default:
        return error("unknown command");
    }
  }

  #authenticate(words: readonly Buffer[]): Reply {
    const token = keyOf(words.at(-1)) ?? "";
    if (!this.#entries.authenticate(token)) return { parts: ["-WRONGPASS no such token\r\n"] };
    // With a password alone there is no user, and the default namespace stays.
    if (words.length < 2 || this.#entries.use(keyOf(words[0]) ?? "")) return { parts: [OK] };
    return { parts: ["-WRONGPASS the user can be no namespace\r\n"] };
  }

  async #get(words: readonly Buffer[]): Promise<Reply> {
    const key = keyOf(words[0]);
    const value = key === undefined ? undefined : await this.#entries.get(key);
    if (value === undefined) return { parts: [NIL] };
    return { parts: [`$${value.length}\r\n`, value, "\r\n"] };
  }

  async #set(words: readonly Buffer[]): Promise<Reply> {
    const key = keyOf(words[0]);
    const value = words[1];
    if (key === undefined || value === undefined) return error("wrong number of arguments");
    const outcome = await this.#entries.set(key, value);
    if (outcome === "read-only") return { parts: ["-READONLY this gateway has no key\r\n"] };
    if (outcome === "denied") return { parts: ["-NOPERM this token may not do that here\r\n"] };
    return outcome === "malformed" ? error("the key can be none") : { parts: [OK] };
  }

  async #count(words: readonly Buffer[], is: (key: string) => Promise<boolean>): Promise<Reply> {
    let count = 0;
    for (const word of words) {
      const key = keyOf(word);
      if (key !== undefined && (await is(key))) count++;
    }
    return { parts: [`:${count}\r\n`] };
  }
}

/** ccache's keys are those of its flat layout over HTTP: one entry by either way. */
export function redisName(key: string): string {
  return key.startsWith("ccache:") ? key.slice("ccache:".length) : `redis/${key}`;
}

function keyOf(word: Buffer | undefined): string | undefined {
  return word === undefined ? undefined : fromUtf8(word);
}

function error(text: string): Reply {
  return { parts: [`-ERR ${text}\r\n`] };
}

function broken(): ProtocolError {
  return new ProtocolError("-ERR Protocol error\r\n");
}

function readLine(bytes: Buffer, at: number): { text: string; end: number } | undefined {
  const end = bytes.indexOf("\r\n", at);
  if (end >= 0 && end - at <= TEXT_LINE_BYTES_MAX) {
    return { text: bytes.toString("latin1", at, end), end: end + 2 };
  }
  if (end >= 0 || bytes.length - at > TEXT_LINE_BYTES_MAX) throw broken();
  return undefined;
}

/** The number behind the first letter. @throws ProtocolError */
function readCount(text: string, max: number): number {
  const digits = text.slice(1);
  const count = /^[0-9]{1,9}$/.test(digits) ? Number(digits) : -1;
  if (count < 0 || count > max) throw broken();
  return count;
}
