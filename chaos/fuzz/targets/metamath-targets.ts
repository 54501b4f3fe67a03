import { createHash } from "node:crypto";
import { equalBytes, toHex, utf8 } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import type { Budget } from "../../../proof/frame/budget.ts";
import type { CheckResult } from "../../../proof/frame/check-result.ts";
import { checkProof, judgePayload } from "../../../proof/metamath/check-proof.ts";
import { readDatabase } from "../../../proof/metamath/database.ts";
import type { Database } from "../../../proof/metamath/database.ts";
import { PageWriter } from "../../../proof/metamath/proof-page.ts";
import { REASONS } from "../../../proof/metamath/reasons.ts";
import { demand } from "../target.ts";
import type { FuzzTarget } from "../target.ts";

/** Small, so that what spends it is found quickly. */
const BUDGET: Budget = { stepsMax: 2 ** 18, bytesMax: 2 ** 16, liveBytesMax: 2 ** 21 };

const TEXT = `$( Implication, and a quantifier. $)
$c |- wff ( ) -> A. $.  $v p q r $.
wp $f wff p $.  wq $f wff q $.  wr $f wff r $.
wi $a wff ( p -> q ) $.  ax1 $a |- ( p -> ( q -> p ) ) $.
\${ $d p q $. gen $a |- A. p q $. $}
\${ min $e |- p $.  maj $e |- ( p -> q ) $.  mp $a |- q $. $}
\${ h $e |- p $. a1i $p |- ( q -> p ) $= wp wq wp wi h wp wq ax1 mp $.
a1ic $p |- ( q -> p ) $= ( wi ax1 mp ) ABADCABEF $. $}
twice $p |- ( ( p -> p ) -> ( q -> ( p -> p ) ) ) $= ( wi ax1 ) AACZBD $.
\${ $d p q $. g $p |- A. p q $= ( gen ) ABC $. $}
`;

const sha256 = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

/** What comes in as text, as a canonical payload and as a stored proof. */
export function metamathTargets(): readonly FuzzTarget[] {
  const database = read(utf8(TEXT));
  if (database === undefined) throw new Error("the sound database was refused");
  const assertions = [...database.assertions()];
  const keys = new Map(assertions.map((one) => [one, database.keyOf(sha256, one)]));
  const writer = new PageWriter(database, (one) => keys.get(one)!);
  const theorems = assertions.filter((one) => database.isTheorem(one));
  return [
    { name: "metamath database", seeds: [utf8(TEXT)], feed: feedDatabase },
    {
      name: "metamath payload",
      seeds: assertions.map((one) => database.payloadOf(one)),
      feed: (input) => verdictOf(judgePayload(input, BUDGET)),
    },
    ...theorems.map((theorem) => storedTarget(database, keys, theorem, writer.proofOf(theorem))),
  ];
}

/** Whatever is accepted has a canonical form that is canonical, and proofs that hold as stored. */
function feedDatabase(input: Uint8Array): boolean {
  const database = read(input);
  if (database === undefined) return false;
  const keys = new Map([...database.assertions()].map((one) => [one, database.keyOf(sha256, one)]));
  const payloads = new Map([...keys].map(([one, key]) => [toHex(key), database.payloadOf(one)]));
  const writer = new PageWriter(database, (one) => keys.get(one)!);
  for (const one of keys.keys()) {
    const payload = database.payloadOf(one);
    demand(judgePayload(payload, BUDGET).status === "accept", "a payload is canonical");
    if (!database.isTheorem(one)) continue;
    const proof = writer.proofOf(one);
    const evidence = { payload, proof, cited: (key: Hash) => payloads.get(toHex(key)) };
    const result = checkProof(evidence, BUDGET);
    const circle = result.status === "reject" && result.reason === "cites-itself";
    demand(result.status !== "reject" || circle, "what holds in its database holds as stored");
  }
  return true;
}

function storedTarget(
  database: Database,
  keys: ReadonlyMap<number, Hash>,
  theorem: number,
  seed: Uint8Array,
): FuzzTarget {
  const payload = database.payloadOf(theorem);
  const payloads = new Map([...keys].map(([one, key]) => [toHex(key), database.payloadOf(one)]));
  const cited = (key: Hash): Uint8Array | undefined => payloads.get(toHex(key));
  const other = database.payloadOf([...keys.keys()].find((one) => one !== theorem)!);
  return {
    name: `metamath proof of ${database.labelOf(theorem)}`,
    seeds: [seed],
    feed: (proof) => {
      const accepted = verdictOf(checkProof({ payload, proof, cited }, BUDGET));
      if (!accepted) return false;
      demand(!equalBytes(payload, other), "two obligations differ");
      const elsewhere = checkProof({ payload: other, proof, cited }, BUDGET);
      demand(elsewhere.status !== "accept", "a proof proves one statement only");
      return true;
    },
  };
}

/** True: accepted; refusals have a reason that the kind names. */
function verdictOf(result: CheckResult<unknown>): boolean {
  if (result.status === "accept") return true;
  const known = result.status === "resource" || REASONS.includes(result.reason);
  demand(known, `a reason of the list, not ${result.reason}`);
  demand(result.offset >= 0, "a place");
  return false;
}

function read(source: Uint8Array): Database | undefined {
  let refused = 0;
  const { result } = readDatabase(source, BUDGET, { onRefused: () => refused++ });
  if (result.status !== "accept") {
    verdictOf(result);
    return undefined;
  }
  return refused === 0 ? result.value : undefined;
}
