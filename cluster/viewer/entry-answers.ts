import { toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { keyOfName } from "../../consensus/hashing.ts";
import { PAGE_COUNT_MAX } from "../../consensus/limits.ts";
import { isNamespace } from "../../consensus/namespace.ts";

/** What a page needs to judge an entry by itself. */
export interface EntryAnswer {
  readonly name: string;
  /** The encoded receipt, base64. */
  readonly receipt: string;
  /** Text of `cluster.json`, under which the page judges it. */
  readonly genesis: string;
}

export type EntryReply =
  | { readonly status: 200; readonly body: EntryAnswer }
  | { readonly status: 404 | 503; readonly body: { readonly why: string } };

/** Journals name entries by the first 8 bytes of their keys. */
const KEY_PREFIX = /^[0-9a-f]{16}$/;
/** A namespace with more is searched only so far: a click is no reason for a scan of everything. */
const SEARCH_PAGE_COUNT_MAX = 40;
/** Names that were found stay known: each is some 100 bytes. */
const KNOWN_NAMES_MAX = 50_000;
const CALL_DEADLINE_MS = 5000;

/**
 * Answers "what is this entry?" with a receipt and nothing that needs to be believed: the page
 * verifies it. Asks the cluster as every reader does, and only once a person asks.
 */
export class EntryAnswers {
  readonly #genesis: string;
  /** By namespace and the key's first letters. */
  readonly #names = new Map<string, string>();
  #client: Promise<Client> | undefined;

  /** `genesis` is the text of `cluster.json`. */
  constructor(genesis: string) {
    this.#genesis = genesis;
  }

  /** `keyPrefix` as journals have it: 16 hex letters. */
  async answer(namespace: string, keyPrefix: string): Promise<EntryReply> {
    if (!isNamespace(namespace) || !KEY_PREFIX.test(keyPrefix)) {
      return { status: 404, body: { why: "no entry is named so" } };
    }
    try {
      const client = await this.#connected();
      const name = await this.#nameOf(client, namespace, keyPrefix);
      if (name === undefined) {
        const why = `not among the first ${SEARCH_PAGE_COUNT_MAX * PAGE_COUNT_MAX} names`;
        return { status: 404, body: { why } };
      }
      const result = await client.stat(namespace, name, { deadlineMs: CALL_DEADLINE_MS });
      const receipt = Buffer.from(result.receipt()).toString("base64");
      return { status: 200, body: { name, receipt, genesis: this.#genesis } };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { status: 503, body: { why } };
    }
  }

  async close(): Promise<void> {
    await (await this.#client?.catch(() => undefined))?.close();
  }

  /** A cluster that could not be reached is tried again by whoever asks next. */
  #connected(): Promise<Client> {
    this.#client ??= connect({ genesis: this.#genesis }).catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }

  async #nameOf(client: Client, namespace: string, prefix: string): Promise<string | undefined> {
    const known = this.#names.get(`${namespace}/${prefix}`);
    if (known !== undefined) return known;
    let after = "";
    for (let page = 0; page < SEARCH_PAGE_COUNT_MAX; page++) {
      const list = await client.list(namespace, { after, deadlineMs: CALL_DEADLINE_MS });
      for (const { name } of list.entries) this.#remember(namespace, name);
      const found = this.#names.get(`${namespace}/${prefix}`);
      if (found !== undefined || list.next === undefined) return found;
      after = list.next;
    }
    return undefined;
  }

  #remember(namespace: string, name: string): void {
    if (this.#names.size >= KNOWN_NAMES_MAX) this.#names.clear();
    const key = toHex(keyOfName(nodeCrypto.hash, name));
    this.#names.set(`${namespace}/${key.slice(0, 16)}`, name);
  }
}
