import type { Aim } from "./aim.ts";
import { liesBy } from "./aim.ts";
import type { Mutant } from "./mutant.ts";

const kind = "agreement";
const profile = "members";

/** Somebody orders members whose keys have not agreed. */
const forgesConsent: Aim = ({ membership }) =>
  membership?.changes.some(({ consent }) => consent === "another's") === true;

export const MEMBERSHIP_MUTANTS: readonly Mutant[] = [
  {
    name: "heartbeat-after-the-end",
    kind,
    profile,
    file: "consensus/replica/heartbeats.ts",
    find: "if (this.#statements.diverged !== undefined || this.#context.isEpochOver)",
    replace: "if (this.#statements.diverged !== undefined)",
  },
  {
    name: "link-of-too-few",
    kind,
    profile,
    aim: liesBy("forge-chain"),
    file: "consensus/statement-certificate.ts",
    find: "if (certificate.signatures.length !== quorumOf(committee)) return undefined;",
    replace: "",
  },
  {
    name: "consent-not-verified",
    kind,
    profile,
    aim: forgesConsent,
    file: "consensus/execution/configurations.ts",
    find: "return this.#rules.verify(publicKey, message, signature);",
    replace: "return true;",
  },
  {
    name: "voted-beyond-the-end",
    kind,
    profile,
    file: "consensus/replica/log.ts",
    find: "return Math.min(this.low + this.#length, this.end)",
    replace: "return Math.min(this.low + this.#length)",
  },
  {
    name: "end-not-brought-about",
    kind,
    profile,
    file: "consensus/replica/proposing.ts",
    find: "return this.#context.epochEnd !== undefined;",
    replace: "return false;",
  },
];
