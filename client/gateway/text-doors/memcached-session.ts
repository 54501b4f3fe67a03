import { TEXT_LINE_BYTES_MAX, TEXT_VALUE_BYTES_MAX } from "../limits.ts";
import type { TextEntries } from "./text-entries.ts";
import { ProtocolError } from "./text-server.ts";
import type { Reply, TextSession } from "./text-server.ts";

/** 1 to 250 bytes without spaces. */
const KEY = /^[!-~]{1,250}$/;
const KEY_COUNT_MAX = 64;

type Command = NonNullable<ReturnType<TextSession["parse"]>>;

/**
 * memcached's text protocol, as far as gnatprove speaks it: get, set, version, quit. A set is
 * answered by STORED or a line that begins with SERVER_ERROR, because that client ends on any other.
 */
export class MemcachedSession implements TextSession {
  readonly #entries: TextEntries;
  #wants = 1;

  constructor(entries: TextEntries) {
    this.#entries = entries;
  }

  wants(): number {
    return this.#wants;
  }

  parse(bytes: Buffer): Command | undefined {
    this.#wants = bytes.length + 1;
    const end = bytes.indexOf("\r\n");
    if (end < 0) {
      if (bytes.length > TEXT_LINE_BYTES_MAX)
        throw new ProtocolError("CLIENT_ERROR line too long\r\n");
      return undefined;
    }
    const words = bytes
      .toString("latin1", 0, end)
      .split(" ")
      .filter((word) => word !== "");
    const size = end + 2;
    if (words[0] === "set") return this.#parseSet(bytes, words, size);
    return { size, run: () => this.#run(words) };
  }

  #parseSet(bytes: Buffer, words: readonly string[], head: number): Command | undefined {
    const [, key = "", flags = "", , length = ""] = words;
    const size = /^[0-9]{1,9}$/.test(length) ? Number(length) : -1;
    if (size < 0 || size > TEXT_VALUE_BYTES_MAX || !/^[0-9]+$/.test(flags)) {
      throw new ProtocolError("SERVER_ERROR object too large or malformed\r\n");
    }
    const whole = head + size + 2;
    this.#wants = whole;
    if (bytes.length < whole) return undefined;
    this.#wants = 1;
    if (bytes.toString("latin1", head + size, whole) !== "\r\n") {
      throw new ProtocolError("CLIENT_ERROR bad data chunk\r\n");
    }
    const value = bytes.subarray(head, head + size);
    const isQuiet = words[5] === "noreply";
    return { size: whole, run: () => this.#set(key, value, isQuiet) };
  }

  async #set(key: string, value: Uint8Array, isQuiet: boolean): Promise<Reply> {
    const outcome = KEY.test(key) ? await this.#entries.set(key, value) : "malformed";
    const isRefused = outcome === "read-only" || outcome === "denied" || outcome === "malformed";
    if (isQuiet) return { parts: [] };
    return { parts: [isRefused ? `SERVER_ERROR ${outcome}\r\n` : "STORED\r\n"] };
  }

  async #run(words: readonly string[]): Promise<Reply> {
    const [name = "", ...keys] = words;
    if (name === "get" && keys.length > 0) return this.#get(keys.slice(0, KEY_COUNT_MAX));
    if (name === "version") return { parts: ["VERSION quorate\r\n"] };
    if (name === "quit") return { parts: [], isLast: true };
    return { parts: ["ERROR\r\n"] };
  }

  async #get(keys: readonly string[]): Promise<Reply> {
    const parts: (string | Uint8Array)[] = [];
    for (const key of keys) {
      const value = KEY.test(key) ? await this.#entries.get(key) : undefined;
      if (value !== undefined) parts.push(`VALUE ${key} 0 ${value.length}\r\n`, value, "\r\n");
    }
    return { parts: [...parts, "END\r\n"] };
  }
}

export function memcachedName(key: string): string {
  return `memcached/${key}`;
}
