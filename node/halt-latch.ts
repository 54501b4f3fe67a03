import { existsSync } from "node:fs";
import { toHex, utf8 } from "../base/bytes.ts";
import { writeFileAtomically } from "../base/host/atomic-file.ts";

/**
 * Once set, this replica signs nothing more, over restarts too, until an operator looked at the
 * evidence (DESIGN §7, Halt). The file is the latch: durable before the process goes on.
 */
export class HaltLatch {
  readonly #file: string;
  #set: boolean;

  constructor(file: string) {
    this.#file = file;
    // A file that cannot be read is still a latch: only its absence lets us sign.
    this.#set = existsSync(file);
  }

  get isSet(): boolean {
    return this.#set;
  }

  set(what: string, proofs: readonly Uint8Array[]): void {
    if (this.#set) return;
    this.#set = true;
    const content = { format: 1, what, proofs: proofs.map(toHex) };
    writeFileAtomically(this.#file, utf8(`${JSON.stringify(content, undefined, 2)}\n`));
  }
}
