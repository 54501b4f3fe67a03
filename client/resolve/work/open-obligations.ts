import { setTimeout as pause } from "node:timers/promises";
import { toHex } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { Hash } from "../../../base/types.ts";
import { ENTRY_CONFIRMED } from "../../../consensus/wire/rows.ts";
import { decodeObligation, encodeObligation } from "../../../proof/frame/obligation.ts";
import { keyOfObligation } from "../../../proof/frame/obligation.ts";
import type { Obligation } from "../../../proof/frame/obligation.ts";
import type { Client } from "../../types.ts";
import { OPEN_BYTES_MAX, OPEN_COUNT_MAX, OPEN_MS } from "./limits.ts";

const PREFIX = "open/";

export interface OpenObligation {
  readonly obligation: Obligation;
  readonly key: Hash;
  /** Agreed time at which it was opened, in milliseconds. */
  readonly openedMs: number;
}

/** Obligations that somebody wants proved: ordinary entries, named by key, that end by themselves. */
export class OpenObligations {
  readonly #client: Client;
  readonly #namespace: string;

  constructor(client: Client, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  async open(obligation: Obligation, signal?: AbortSignal): Promise<void> {
    const statement = encodeObligation(obligation);
    const name = PREFIX + toHex(keyOfObligation(nodeCrypto.hash, obligation));
    await this.#client.put(this.#namespace, name, statement, { ttlMs: OPEN_MS, signal });
  }

  /** Withdraws this operator's wish. */
  async close(key: Hash, signal?: AbortSignal): Promise<void> {
    await this.#client.delete(this.#namespace, PREFIX + toHex(key), { signal });
  }

  /** Whether or not there is a proof of them; what is no obligation is passed over. */
  async *list(signal: AbortSignal): AsyncGenerator<OpenObligation> {
    let after: string | undefined;
    for (let count = 0; count < OPEN_COUNT_MAX;) {
      const page = await this.#client.list(this.#namespace, {
        prefix: PREFIX,
        signal,
        ...(after === undefined ? {} : { after }),
      });
      for (const { name, state, size, valueDigest, time } of page.entries) {
        count++;
        if (state !== ENTRY_CONFIRMED || size > OPEN_BYTES_MAX || name === undefined) continue;
        const bytes = await this.#client.value(valueDigest, size).read({ signal });
        const obligation = decodeObligation(bytes);
        if (obligation === undefined) continue;
        const key = keyOfObligation(nodeCrypto.hash, obligation);
        if (name !== PREFIX + toHex(key)) continue;
        yield { obligation, key, openedMs: Number(time >> 16n) };
      }
      if (page.next === undefined) return;
      after = page.next;
      await pause(0, undefined, { signal });
    }
  }
}
