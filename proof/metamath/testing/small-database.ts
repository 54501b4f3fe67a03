import { createHash } from "node:crypto";
import { utf8 } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import type { Refused } from "../../frame/check-result.ts";
import { readDatabase } from "../database.ts";
import type { Database } from "../database.ts";
import { DATABASE_BUDGET } from "../metamath-1.ts";

export const sha256 = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

/** A few lines of propositional logic, for whatever a test puts behind them. */
export const LOGIC = `$( Implication. $)
$c |- wff ( ) -> $.
$v p q r $.
wp $f wff p $.  wq $f wff q $.  wr $f wff r $.
wi $a wff ( p -> q ) $.
ax1 $a |- ( p -> ( q -> p ) ) $.
\${ min $e |- p $.  maj $e |- ( p -> q ) $.  mp $a |- q $. $}
`;

/** A sound proof in both formats: `a1i` and `a1ic`, and one that saves a step. */
export const PROOFS = `\${ h $e |- p $.
a1i $p |- ( q -> p ) $= wp wq wp wi h wp wq ax1 mp $.
a1ic $p |- ( q -> p ) $= ( wi ax1 mp ) ABADCABEF $. $}
twice $p |- ( ( p -> p ) -> ( q -> ( p -> p ) ) ) $= ( wi ax1 ) AACZBD $.
`;

export interface Reading {
  readonly database: Database | undefined;
  /** The first thing that was refused, of the whole or of one proof. */
  readonly refused: Refused | undefined;
  readonly label: string | undefined;
}

export function readText(text: string | Uint8Array, budget = DATABASE_BUDGET): Reading {
  const refusals: { readonly label: string; readonly refused: Refused }[] = [];
  const source = typeof text === "string" ? utf8(text) : text;
  const { result } = readDatabase(source, budget, { onRefused: (one) => refusals.push(one) });
  const [first] = refusals;
  if (first !== undefined) return { database: undefined, ...first };
  if (result.status !== "accept") return { database: undefined, refused: result, label: undefined };
  return { database: result.value, refused: undefined, label: undefined };
}

/** @throws when anything is refused */
export function readSound(text: string | Uint8Array): Database {
  const { database, refused } = readText(text);
  if (database === undefined) throw new Error(JSON.stringify(refused));
  return database;
}
