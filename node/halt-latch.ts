import { existsSync, readFileSync } from "node:fs";
import { fromHex, toHex, utf8 } from "../base/bytes.ts";
import { writeFileAtomically } from "../base/host/atomic-file.ts";
import { statementCertificateCodec } from "../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../consensus/wire/certificate.ts";

/**
 * Once set, this replica signs nothing more, over restarts too, until an operator looked at the
 * evidence (R14). The file is the latch: durable before the process goes on.
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

  /** Of the root that was shown last: old receipts are served under it, after a restart too. */
  get shown(): StatementCertificate | undefined {
    try {
      const { shown } = JSON.parse(readFileSync(this.#file, "utf8")) as {
        readonly shown?: unknown;
      };
      const bytes = typeof shown === "string" ? fromHex(shown) : undefined;
      return bytes && statementCertificateCodec.tryDecode(bytes);
    } catch {
      return undefined;
    }
  }

  set(what: string, proofs: readonly Uint8Array[], shown?: StatementCertificate): void {
    if (this.#set) return;
    this.#set = true;
    const content = {
      format: 1,
      what,
      proofs: proofs.map(toHex),
      ...(shown && { shown: toHex(statementCertificateCodec.encode(shown)) }),
    };
    writeFileAtomically(this.#file, utf8(`${JSON.stringify(content, undefined, 2)}\n`));
  }
}
