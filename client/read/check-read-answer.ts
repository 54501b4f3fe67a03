import { equalBytes } from "../../base/bytes.ts";
import type { Hash, Sequence } from "../../base/types.ts";
import type { Crypto } from "../../consensus/crypto.ts";
import { entryStateKey } from "../../consensus/map/state-keys.ts";
import { READ_ANSWERED } from "../../consensus/wire/connection.ts";
import type { ReadAnswer } from "../../consensus/wire/connection.ts";
import type { MapProof } from "../../consensus/wire/receipt.ts";
import { entryRowCodec } from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import type { Judgement } from "../link/hedged-question.ts";
import type { KnownRoots, ProvenRoot } from "../link/known-roots.ts";
import { lieOfRow, rootOfAnswer } from "./proven-row.ts";

/** What an answer proved, before anybody asks how old it is. */
export interface ProvenRead {
  readonly namespace: string;
  readonly key: Hash;
  readonly root: ProvenRoot;
  readonly proof: MapProof;
  /** Empty: proven absent. */
  readonly rowBytes: Uint8Array;
  readonly row: EntryRow | undefined;
  /** With the answer, checked. */
  readonly value: Uint8Array | undefined;
}

export interface ReadCheck {
  readonly crypto: Crypto;
  readonly roots: KnownRoots;
  readonly namespace: string;
  readonly key: Hash;
  readonly floor: Sequence;
}

const LIE = (reason: Extract<Judgement<never>, { type: "lie" }>["reason"]): Judgement<never> => ({
  type: "lie",
  reason,
});

/** Everything that an answer must show: certificate, floor, path, row, and bytes if they came. */
export function checkReadAnswer(check: ReadCheck, answer: ReadAnswer): Judgement<ProvenRead> {
  if (answer.status !== READ_ANSWERED) return { type: "declined" };
  const { crypto, roots, namespace, key } = check;
  const root = rootOfAnswer(roots, answer);
  if (typeof root === "string") return LIE(root);
  if (root.sequence < check.floor) return LIE("below-floor");
  const place = entryStateKey(crypto.hash, namespace, key);
  const lie = lieOfRow(crypto, root, place, { row: answer.row, proof: answer.proof });
  if (lie !== undefined || answer.proof === undefined) return LIE(lie ?? "forged-proof");
  const read = { namespace, key, root, proof: answer.proof, rowBytes: answer.row };
  if (answer.row.length === 0) {
    return { type: "accepted", value: { ...read, row: undefined, value: undefined } };
  }
  const row = entryRowCodec.tryDecode(answer.row);
  if (row === undefined || !isOf(row, namespace, key)) return LIE("wrong-row");
  if (!answer.hasValue) return { type: "accepted", value: { ...read, row, value: undefined } };
  const right =
    answer.value.length === row.size && equalBytes(crypto.hash(answer.value), row.valueDigest);
  if (!right) return LIE("wrong-value");
  return { type: "accepted", value: { ...read, row, value: answer.value } };
}

function isOf(row: EntryRow, namespace: string, key: Hash): boolean {
  return row.namespace === namespace && equalBytes(row.key, key);
}
