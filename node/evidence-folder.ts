import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../base/bytes.ts";
import { writeFileAtomically } from "../base/host/atomic-file.ts";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import type { Epoch, Hash } from "../base/types.ts";
import { buildEvidence } from "../consensus/evidence/build-evidence.ts";
import type { EvidenceKind } from "../consensus/wire/evidence.ts";

/** Pieces kept of one liar: the first ones convict it, the thousandth adds nothing. */
const PIECES_PER_AUTHOR_MAX = 16;
/** Of the file's hash: enough that no two pieces of a folder share a name. */
const NAME_DIGITS = 16;

const NAME_GRAMMAR =
  /^(?:author-(\d{1,4})|certificates)(?:\.([1-9]\d{0,14}))?-[0-9a-f]+\.evidence$/;

/** Whom a piece convicts; "certificates" contradict each other, and name themselves who did it. */
export type Accused = number | "certificates";

export interface Piece {
  /** `author-1-0123456789abcdef.evidence`; of a later epoch `author-1.7-…`. */
  readonly name: string;
  /** By its index in its own epoch: another member may have that place by now. */
  readonly accused: Accused;
  readonly epoch: Epoch;
}

/**
 * Signed contradictions: portable, kept for ever, one file a piece, which `quorate evidence verify`
 * accepts offline. The name is made of the content, so that the same piece is kept once, over
 * restarts too.
 */
export class EvidenceFolder {
  readonly #folder: string;
  readonly #clusterId: Hash;
  readonly #pieces = new Map<string, Piece>();

  constructor(folder: string, clusterId: Hash) {
    this.#folder = folder;
    this.#clusterId = clusterId;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder).sort()) {
      const match = NAME_GRAMMAR.exec(name);
      if (match === null) continue;
      const accused = match[1] === undefined ? "certificates" : Number(match[1]);
      this.#pieces.set(name, { name, accused, epoch: Number(match[2] ?? 0) as Epoch });
    }
  }

  get pieces(): readonly Piece[] {
    return [...this.#pieces.values()];
  }

  /** Durable when it returns. False: it is here already, or enough is. */
  keep(
    accused: Accused,
    kind: EvidenceKind,
    proofs: readonly [Uint8Array, Uint8Array],
    epoch: Epoch = 0 as Epoch,
  ): boolean {
    const file = buildEvidence(this.#clusterId, kind, proofs);
    const digits = toHex(nodeCrypto.hash(file)).slice(0, NAME_DIGITS);
    const whose = accused === "certificates" ? accused : `author-${accused}`;
    const name = `${whose}${epoch === 0 ? "" : `.${epoch}`}-${digits}.evidence`;
    const count = this.pieces.filter(
      (piece) => piece.accused === accused && piece.epoch === epoch,
    ).length;
    if (this.#pieces.has(name) || count >= PIECES_PER_AUTHOR_MAX) return false;
    writeFileAtomically(join(this.#folder, name), file);
    this.#pieces.set(name, { name, accused, epoch });
    return true;
  }

  /** Undefined: no piece of this name, or it cannot be read. */
  read(name: string): Uint8Array | undefined {
    if (!this.#pieces.has(name)) return undefined;
    try {
      return new Uint8Array(readFileSync(join(this.#folder, name)));
    } catch {
      return undefined;
    }
  }
}
