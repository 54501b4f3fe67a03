import type { Mutant } from "./mutant.ts";

const kind = "agreement";

export const AGREEMENT_MUTANTS: readonly Mutant[] = [
  {
    name: "quorum-of-2f",
    kind,
    file: "consensus/committee.ts",
    find: "return Math.ceil((committee.members.length + committee.faultyMax + 1) / 2);",
    replace: "return 2 * committee.faultyMax;",
  },
  {
    name: "quorum-of-2f-plus-1",
    kind,
    file: "consensus/committee.ts",
    find: "return Math.ceil((committee.members.length + committee.faultyMax + 1) / 2);",
    replace: "return 2 * committee.faultyMax + 1;",
  },
  {
    name: "one-signer-counts-often",
    kind,
    file: "consensus/certificates.ts",
    find: `if (author <= previous || author >= committee.members.length) return "certificate's authors";`,
    replace: `if (author >= committee.members.length) return "certificate's authors";`,
  },
  {
    name: "epoch-not-signed",
    kind,
    file: "consensus/signing.ts",
    find: "uint64Bytes(epoch), uint32Bytes(domain), body",
    replace: "uint32Bytes(domain), body",
  },
  {
    name: "anybody-proposes",
    kind,
    file: "consensus/replica/agreement.ts",
    find: `if (vote.type === VOTE_PRE_PREPARE && !fromPrimary) return "pre-prepare not by the primary";`,
    replace: "",
  },
  {
    name: "prepares-of-any-digest",
    kind,
    file: "consensus/replica/instance.ts",
    find: "if (equalBytes(received.vote.digest, digest)) matching.push(received);",
    replace: "matching.push(received);",
  },
  {
    name: "no-acknowledgements-needed",
    kind,
    file: "consensus/check-batch.ts",
    find: `return writeSet.inline ? writeSet : refuse("batch without acknowledgements");`,
    replace: "return writeSet;",
  },
  {
    name: "counter-executed-again",
    kind,
    file: "consensus/execution/sessions.ts",
    find: "const executed = row?.executed.some(({ counter }) => counter === header.counter) === true;",
    replace: "const executed = false;",
  },
  {
    name: "prepared-with-one-less",
    kind,
    file: "consensus/replica/agreement.ts",
    find: "if (prepares.length < this.#context.quorum - 1) return;",
    replace: "if (prepares.length < this.#context.quorum - 2) return;",
  },
  {
    name: "signatures-not-checked",
    kind,
    file: "consensus/verifier.ts",
    find: "if (!this.#options.crypto.verify(key, message, signature)) return false;",
    replace: "",
  },
  {
    name: "second-proposal-silently-taken",
    kind,
    file: "consensus/replica/instance.ts",
    find: "if (vote.type === VOTE_PRE_PREPARE) return this.prePrepare;",
    replace: "if (vote.type === VOTE_PRE_PREPARE) return undefined;",
  },
  {
    name: "known-content-needs-no-signature",
    kind,
    file: "consensus/verifier.ts",
    find: "if (known !== undefined && equalBytes(known, signature)) return true;",
    replace: "if (known !== undefined) return true;",
  },
];
