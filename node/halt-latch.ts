import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fromHex, toHex, utf8 } from "../base/bytes.ts";
import { syncFolder, writeFileAtomically } from "../base/host/atomic-file.ts";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import { contradictionId } from "../consensus/evidence/contradiction.ts";
import { statementCertificateCodec } from "../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../consensus/wire/certificate.ts";
import type { EvidenceKind } from "../consensus/wire/evidence.ts";

/** What was released stands beside the latch, so that the same evidence never sets it again. */
const RELEASED = "released.json";

/** Each is an operator's signed order; with more of them nobody looks any more. */
const RELEASED_COUNT_MAX = 256;

/**
 * Once set, this replica signs nothing more, over restarts too, until an operator looked at the
 * evidence (R14). The file is the latch: durable before the process goes on.
 */
export class HaltLatch {
  readonly #file: string;
  readonly #releasedFile: string;
  #set: boolean;

  constructor(file: string) {
    this.#file = file;
    this.#releasedFile = join(dirname(file), RELEASED);
    // A file that cannot be read is still a latch: only its absence lets us sign.
    this.#set = existsSync(file);
  }

  get isSet(): boolean {
    return this.#set;
  }

  /** Of the root that was shown last: old receipts are served under it, after a restart too. */
  get shown(): StatementCertificate | undefined {
    const { shown } = this.#content();
    const bytes = typeof shown === "string" ? fromHex(shown) : undefined;
    return bytes && statementCertificateCodec.tryDecode(bytes);
  }

  /** What halted it, and the evidence's name in hex: undefined when the file tells none. */
  get why(): { readonly what: string; readonly evidence: string | undefined } {
    const { what, evidence } = this.#content();
    const name = typeof evidence === "string" ? evidence : undefined;
    return { what: typeof what === "string" ? what : "unknown", evidence: name };
  }

  /** Names, in hex, of the evidence that operators have released. */
  get released(): ReadonlySet<string> {
    const { released } = readObject(this.#releasedFile);
    const names = Array.isArray(released) ? (released as readonly unknown[]) : [];
    return new Set(names.filter((name) => typeof name === "string"));
  }

  /** Without its kind the evidence has no name, and no order can release it. */
  set(
    what: string,
    proofs: readonly Uint8Array[],
    shown?: StatementCertificate,
    kind?: EvidenceKind,
  ): void {
    if (this.#set) return;
    this.#set = true;
    const evidence = kind && contradictionId(nodeCrypto.hash, kind, proofs);
    const content = {
      format: 1,
      what,
      proofs: proofs.map(toHex),
      ...(evidence && { evidence: toHex(evidence) }),
      ...(shown && { shown: toHex(statementCertificateCodec.encode(shown)) }),
    };
    writeFileAtomically(this.#file, utf8(`${JSON.stringify(content, undefined, 2)}\n`));
  }

  /**
   * Opens the latch if it is this evidence that set it; false: it is not. First the name is durable,
   * then the latch goes.
   *
   * @throws what the disk says: the latch is as it was then
   */
  release(evidence: string): boolean {
    const { released } = this;
    if (!this.#set || this.why.evidence !== evidence) return false;
    if (released.size >= RELEASED_COUNT_MAX) return false;
    const content = { format: 1, released: [...released, evidence] };
    writeFileAtomically(this.#releasedFile, utf8(`${JSON.stringify(content, undefined, 2)}\n`));
    rmSync(this.#file);
    syncFolder(dirname(this.#file));
    this.#set = false;
    return true;
  }

  #content(): Readonly<Record<string, unknown>> {
    return readObject(this.#file);
  }
}

/** Empty where there is none. */
function readObject(file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
