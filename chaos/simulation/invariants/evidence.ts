import { keyText } from "../../../consensus/map/key-text.ts";
import { buildEvidence } from "../../../consensus/evidence/build-evidence.ts";
import { verifyEvidence } from "../../../consensus/evidence/verify-evidence.ts";
import type { Vote } from "../../../consensus/wire/certificate.ts";
import { VOTE_ACKNOWLEDGEMENT } from "../../../consensus/wire/certificate.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound, nameOf } from "./checker.ts";

/**
 * Evidence accuses liars only, and convicts them before a stranger; and a correct replica that took two contradicting votes of one author
 * into one place of its log has accused him.
 */
export function evidence({ plan, world, committee: first, epochs, crypto }: CheckerFrame): Checker {
  const name = "evidence";
  const liars = new Set(plan.liars.map(({ index }) => epochs.nameOf(first.epoch, index)));
  const ruined = new Set<string>();
  const seen = new WeakMap<object, Map<string, string>>();
  const accused = new WeakMap<object, Set<number>>();
  return {
    name,
    step(replica, input, outputs) {
      if (!isBound(replica)) {
        ruined.add(nameOf(replica));
        return;
      }
      const process: object = replica.process ?? replica;
      const committee = replica.process?.committee ?? first;
      const accusedHere = accused.get(process) ?? new Set();
      accused.set(process, accusedHere);
      for (const output of outputs) {
        if (output.type !== "evidence") continue;
        world.mark("evidence: somebody was accused");
        accusedHere.add(output.author);
        const culprit = epochs.nameOf(committee.epoch, output.author);
        const isJust = liars.has(culprit) || ruined.has(culprit);
        const file = buildEvidence(committee.clusterId, output.kind, output.proofs);
        const verdict = verifyEvidence(crypto, committee, file);
        const convicts = verdict.valid && verdict.accused.includes(output.author);
        demand(convicts, name, () => `${replica.name} has no proof against ${output.author}`);
        demand(isJust, name, () => `${replica.name} accuses ${output.author}: ${output.what}`);
      }
      if (input.type !== "vote" || input.vote.vote.type === VOTE_ACKNOWLEDGEMENT) return;
      // What was dropped as out of reach stands in no log.
      if (outputs.some(({ type }) => type === "dropped")) return;
      const { vote, packed } = input.vote;
      const votes = seen.get(process) ?? new Map<string, string>();
      seen.set(process, votes);
      const place = placeOf(packed.author, vote);
      const digest = keyText(vote.digest);
      const before = votes.get(place);
      if (before === undefined) votes.set(place, digest);
      else if (before !== digest && isInLog(replica.process?.machine.status, vote)) {
        const what = (): string =>
          `${replica.name} saw ${packed.author} contradict itself, silently`;
        demand(accusedHere.has(packed.author), name, what);
      }
    },
  };
}

function placeOf(author: number, { epoch, type, view, sequence }: Vote): string {
  return `${epoch}/${author}/${type}/${view}/${sequence}`;
}

/** Votes of instances or views that are done with were forgotten together with what they said. */
function isInLog(
  status: { readonly stable: number; readonly view: number; readonly sequence: number } | undefined,
  { sequence, view }: Vote,
): boolean {
  return status !== undefined && sequence > status.sequence && view === status.view;
}
