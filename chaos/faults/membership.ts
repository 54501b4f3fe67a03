import { readKeyFile } from "../../base/host/key-file.ts";
import { changeMembers } from "../../cluster/membership/change-members.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { named } from "./fault.ts";
import type { Fault, Stage } from "./fault.ts";

/** A change of members, by seat. */
export type MemberChange = "add" | { readonly remove: number } | { readonly replace: number };

/** On a busy machine a boundary takes its time: it is judged whether it comes, not when. */
const CHANGE_MS_MAX = 180_000;

/**
 * Orders one change after another, each begun, and each newcomer serving, before the next one.
 * Who was let go runs on until it is healed: what it still says must count for nothing.
 */
export function membershipFault(changes: readonly MemberChange[]): Fault {
  const figures = { changeMsMax: 0, changes: 0 };
  const gone: number[] = [];
  return {
    kind: "membership",
    figures,
    available: () => undefined,
    async inject(stage) {
      const { cluster } = stage;
      const signer = readKeyFile(cluster.folder.operatorKey);
      const operator = await connect({ genesis: cluster.genesis, signer });
      try {
        for (const change of changes) {
          const beganMs = performance.now();
          await carryOut(stage, operator, change, gone);
          const tookMs = Math.round(performance.now() - beganMs);
          figures.changeMsMax = Math.max(figures.changeMsMax, tookMs);
          figures.changes++;
        }
      } finally {
        await operator.close();
      }
    },
    async heal({ cluster }) {
      for (const index of gone.splice(0)) await cluster.end(index, "SIGTERM");
    },
    missed: () =>
      figures.changes === changes.length ? undefined : `${figures.changes} changes were made`,
    describe: () => changes.map(say).join(", then "),
  };
}

async function carryOut(
  { cluster }: Stage,
  operator: Client,
  change: MemberChange,
  gone: number[],
): Promise<void> {
  const { committee, seating } = cluster;
  const joins = change === "add" || "replace" in change;
  const leaving = leavingOf(change);
  const newcomer = joins ? cluster.newcomer() : undefined;
  if (newcomer !== undefined) cluster.launch(newcomer.index);
  const left = leaving === undefined ? undefined : seating.memberAt(leaving, committee);
  const next = await changeMembers(
    operator,
    committee,
    {
      add: newcomer === undefined ? [] : [newcomer.member],
      remove: left === undefined ? [] : [left.publicKey],
      faultyMax: undefined,
    },
    {
      joining: newcomer === undefined ? [] : [newcomer.key],
      deadlineMs: CHANGE_MS_MAX,
      onDecided: () => undefined,
    },
  );
  seating.follow({ ...next, clusterId: committee.clusterId });
  if (leaving !== undefined) gone.push(leaving);
  if (newcomer !== undefined) await cluster.ready(newcomer.index);
}

function leavingOf(change: MemberChange): number | undefined {
  if (change === "add") return undefined;
  return "remove" in change ? change.remove : change.replace;
}

function say(change: MemberChange): string {
  if (change === "add") return "a new member";
  return "remove" in change
    ? `without ${named([change.remove])}`
    : `another in the place of ${named([change.replace])}`;
}
