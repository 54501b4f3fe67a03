import { QuorateError } from "../../base/quorate-error.ts";
import type { ClusterFolder } from "../cluster-folder.ts";
import { claimPorts } from "../launcher/claim-ports.ts";
import type { PortClaim } from "../launcher/claim-ports.ts";
import { readLauncherState } from "../launcher/launcher-state.ts";
import type { LauncherState } from "../launcher/launcher-state.ts";
import { isAlive } from "../launcher/process-identity.ts";
import { askReady } from "../launcher/ready.ts";
import { fault, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** Fewer happen when a person kills and repairs. */
const RESTARTS_MAX = 3;

/** Launcher, its children and its gateway; the ports where nothing of ours runs. */
export async function checkProcesses(
  folder: ClusterFolder,
  ports: readonly PortClaim[],
): Promise<Finding[]> {
  const state = readLauncherState(folder.root);
  if (state === undefined || !isAlive(state)) {
    const died = state === undefined ? [] : [launcherDied(folder, state)];
    return [...died, ...(await checkPorts(ports))];
  }
  const often = state.children.filter((child) => child.restarts > RESTARTS_MAX);
  return [
    ...often.map(({ name, restarts }) =>
      warning(
        "RESTARTED_OFTEN",
        `${name} was started again ${restarts} times`,
        `its last words stand in ${folder.root}/logs/${name}.log`,
      ),
    ),
    ...(await checkGateway(folder, state)),
  ];
}

async function checkGateway(folder: ClusterFolder, state: LauncherState): Promise<Finding[]> {
  if (state.gatewayUrl === undefined) return [];
  const why = await askReady(`${state.gatewayUrl}/readyz`);
  if (why === undefined) return [];
  return [
    fault(
      "GATEWAY_NOT_READY",
      `the gateway ${state.gatewayUrl} does not serve: ${why}`,
      `see ${folder.root}/logs/gateway.log; tools get misses meanwhile, not errors`,
    ),
  ];
}

function launcherDied(folder: ClusterFolder, state: LauncherState): Finding {
  return fault(
    "LAUNCHER_DIED",
    `the launcher (process ${state.pid}) ended without shutting down`,
    `start it again: quorate up --dir ${folder.root}`,
  );
}

async function checkPorts(ports: readonly PortClaim[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const port of ports) {
    try {
      await claimPorts([port]);
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error;
      // A replica run by hand holds its port rightly; the caller passes only those that do not.
      findings.push(fault(error.code, error.message, error.hint));
    }
  }
  return findings;
}
