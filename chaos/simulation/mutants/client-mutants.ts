import { clientsLieBy, liesBy } from "./aim.ts";
import type { Mutant } from "./mutant.ts";

const kind = "client and receipt";

export const CLIENT_MUTANTS: readonly Mutant[] = [
  {
    name: "certificate-not-checked",
    kind,
    aim: liesBy("fabricate"),
    file: "consensus/statement-certificate.ts",
    find: "if (key === undefined || !crypto.verify(key, bytes, signature)) return undefined;",
    replace: "if (key === undefined) return undefined;",
  },
  {
    name: "certificate-of-one-signer",
    kind,
    aim: liesBy("fabricate"),
    file: "consensus/statement-certificate.ts",
    find: "if (author <= previous || author >= committee.members.length) return undefined;",
    replace: "if (author >= committee.members.length) return undefined;",
  },
  {
    name: "certificate-of-any-size",
    kind,
    aim: liesBy("fabricate"),
    file: "consensus/statement-certificate.ts",
    find: "if (certificate.signatures.length !== quorumOf(committee)) return undefined;",
    replace: "",
  },
  {
    name: "below-the-floor",
    kind,
    aim: liesBy("cheat-clients"),
    file: "client/read/check-read-answer.ts",
    find: `if (root.sequence < check.floor) return LIE("below-floor");`,
    replace: "",
  },
  {
    name: "row-not-hashed",
    kind,
    aim: liesBy("cheat-clients"),
    file: "client/read/proven-row.ts",
    find: `return equalBytes(rowHash(crypto.hash, claim.row), verdict.rowHash) ? undefined : "wrong-row";`,
    replace: "return undefined;",
  },
  {
    name: "absence-not-bound-to-the-key",
    kind,
    aim: liesBy("cheat-clients"),
    file: "consensus/map/map-proof.ts",
    find: "const side = bitOf(key, bit);",
    replace: "const side = bitOf(leafKey, bit);",
  },
  {
    name: "any-leaf-is-presence",
    kind,
    file: "consensus/map/map-proof.ts",
    find: "return equalBytes(leafKey, key) ? { present: true, rowHash: leafRowHash } : { present: false };",
    replace: "return { present: true, rowHash: leafRowHash };",
  },
  {
    name: "operator-counts-twice",
    kind,
    file: "consensus/execution/entry-change.ts",
    find: "each.operator !== vote.operator || supports(each) !== supports(vote)",
    replace: "each !== vote",
  },
  {
    name: "stale-votes-of-a-version",
    kind,
    file: "consensus/execution/put-entry.ts",
    find: "if (put.succeeds !== named) return unchanged(outcomes.OUTCOME_STALE_VERSION);",
    replace: "",
  },
  {
    name: "another-answer-after-a-withdrawal",
    kind,
    file: "consensus/execution/put-entry.ts",
    find: "return versioned ? succeed(row, put, context, supporting) : dispute(row, votes, context);",
    replace:
      "return versioned || row.state === rows.ENTRY_WITHDRAWN ? succeed(row, put, context, supporting) : dispute(row, votes, context);",
  },
  {
    name: "linearizable-from-the-slowest",
    kind,
    file: "client/link/probe-quorum.ts",
    find: "ascending[quorumOf(committee) - 1]",
    replace: "ascending[0]",
  },
  {
    name: "anybody-signs-for-anybody",
    kind,
    aim: clientsLieBy("half-valid"),
    file: "consensus/verifier.ts",
    find: `if (!verify(header.writer, message, wire.signature)) return refuse("write set's signature");`,
    replace: "",
  },
  {
    name: "value-not-hashed",
    kind,
    aim: clientsLieBy("half-valid"),
    file: "consensus/check-write-set.ts",
    find: `if (!equalsHash(write.valueDigest, valueDigest)) return "inline value's digest";`,
    replace: "",
  },
  {
    name: "confirmed-by-one",
    kind,
    file: "consensus/execution/entry-change.ts",
    find: "return votes.filter((each) => each.version === version && sameAnswer(each, answer));",
    replace:
      "return votes.filter((each) => each.version === version && sameAnswer(each, answer)).flatMap((one) => [one, one]);",
  },
];
