import type { FuzzTarget } from "./target.ts";
import { clientTargets } from "./targets/client-targets.ts";
import { cnfTargets } from "./targets/cnf-targets.ts";
import { consensusTargets } from "./targets/consensus-targets.ts";
import { gatewayTargets } from "./targets/gateway-targets.ts";
import { httpTargets } from "./targets/http-targets.ts";
import { journalTargets } from "./targets/journal-targets.ts";
import { metamathTargets } from "./targets/metamath-targets.ts";
import { nodeTargets } from "./targets/node-targets.ts";
import { proofTargets } from "./targets/proof-targets.ts";
import { recordFrames } from "./targets/recorded-frames.ts";
import { wireTargets } from "./targets/wire-targets.ts";

/** Every decoder of the project. */
export function allTargets(): readonly FuzzTarget[] {
  const { cluster, frames } = recordFrames();
  return [
    ...wireTargets(frames),
    ...consensusTargets(cluster, frames),
    ...nodeTargets(cluster),
    ...clientTargets(),
    ...journalTargets(),
    ...httpTargets(),
    ...gatewayTargets(),
    ...proofTargets(),
    ...cnfTargets(),
    ...metamathTargets(),
  ];
}
