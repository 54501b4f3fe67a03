import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../../base/bytes.ts";
import { writeFileAtomically } from "../../../base/host/atomic-file.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { Hash } from "../../../base/types.ts";
import { decodeObligation, encodeObligation } from "../../../proof/frame/obligation.ts";
import { keyOfObligation } from "../../../proof/frame/obligation.ts";
import type { Obligation } from "../../../proof/frame/obligation.ts";

/** Obligations that this machine's callers use unproved, each to be checked at every use. */
export class OpenFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws what the file system says */
  add(obligation: Obligation): void {
    mkdirSync(this.#folder, { recursive: true });
    const name = toHex(keyOfObligation(nodeCrypto.hash, obligation));
    writeFileAtomically(join(this.#folder, name), encodeObligation(obligation));
  }

  /** It was proved. */
  drop(key: Hash): void {
    rmSync(join(this.#folder, toHex(key)), { force: true });
  }

  list(): readonly { readonly key: string; readonly obligation: Obligation }[] {
    return this.#names().flatMap((key) => {
      const obligation = decodeObligation(new Uint8Array(readFileSync(join(this.#folder, key))));
      return obligation === undefined ? [] : [{ key, obligation }];
    });
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder).filter((name) => /^[0-9a-f]{64}$/.test(name));
    } catch {
      return [];
    }
  }
}
