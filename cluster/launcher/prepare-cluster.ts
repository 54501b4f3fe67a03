import { QuorateError } from "../../base/quorate-error.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { clusterFolder, isClusterFolder } from "../cluster-folder.ts";
import { splitAddress } from "../init/addresses.ts";
import { chooseAddresses } from "../init/choose-addresses.ts";
import { createCluster } from "../init/create-cluster.ts";
import { readClusterFolder } from "../read-genesis.ts";
import { claimPorts, freePorts } from "./claim-ports.ts";
import {
  GATEWAY_HOST,
  gatewayPortClaim,
  planCluster,
  replicaPort,
  VIEWER_PORT_DEFAULT,
  viewerPortClaim,
} from "./plan-cluster.ts";
import type { DoorPorts } from "./plan-cluster.ts";
import type { LaunchPlan } from "./run-launcher.ts";

export interface UpChoice {
  readonly dir: string;
  readonly replicas?: number;
  readonly basePort?: number;
  /** 0: any free one. */
  readonly gatewayPort: number;
  /** 0: any free one; unset: the usual one, or any free one when that is taken. */
  readonly viewerPort?: number;
}

export interface PreparedCluster {
  readonly plan: LaunchPlan;
  readonly genesis: Genesis;
  readonly gatewayPort: number;
  readonly viewerPort: number;
  /** It was made just now. */
  readonly made: boolean;
}

/**
 * The folder as it is, or made when there is none; in that case only after all ports were found
 * free, so that a failed start leaves nothing behind.
 * @throws QuorateError PORT_IN_USE, UP_DIFFERS, and those of init
 */
export async function prepareCluster(choice: UpChoice): Promise<PreparedCluster> {
  const folder = clusterFolder(choice.dir);
  const doors = await doorPorts(choice);
  const made = !isClusterFolder(folder);
  if (made) {
    const addresses = await chooseAddresses(choice);
    await claimPorts([
      ...addresses.map((address, index) => replicaPort(`replica ${index}`, address)),
      gatewayPortClaim(doors.gatewayPort, "--gateway-port"),
      viewerPortClaim(doors.viewerPort),
    ]);
    createCluster({ folder: folder.root, addresses, nowMs: Date.now() });
  }
  const { genesis } = readClusterFolder(folder);
  if (!made) refuseOtherShape(choice, genesis);
  return { plan: planCluster(folder, genesis, doors), genesis, ...doors, made };
}

async function doorPorts({ gatewayPort, viewerPort }: UpChoice): Promise<DoorPorts> {
  // Both at once: two questions one after the other may be answered alike.
  const [freeGateway = 0, freeViewer = 0] = await freePorts(GATEWAY_HOST, 2);
  const usual = viewerPort ?? ((await isPortFree(VIEWER_PORT_DEFAULT)) ? VIEWER_PORT_DEFAULT : 0);
  return { gatewayPort: gatewayPort || freeGateway, viewerPort: usual || freeViewer };
}

/** A second cluster on one machine needs no option for a page of its own. */
async function isPortFree(port: number): Promise<boolean> {
  try {
    await claimPorts([viewerPortClaim(port)]);
    return true;
  } catch {
    return false;
  }
}

/** A cluster's size and addresses stand in its public file; options cannot change them. */
function refuseOtherShape(choice: UpChoice, genesis: Genesis): void {
  const count = genesis.members.length;
  if (choice.replicas !== undefined && choice.replicas !== count) {
    throw differs(`it has ${count} replicas, not ${choice.replicas}`, choice.dir);
  }
  const first = genesis.members[0];
  const basePort = first === undefined ? 0 : splitAddress(first.address).port;
  if (choice.basePort && choice.basePort !== basePort) {
    throw differs(`its base port is ${basePort}, not ${choice.basePort}`, choice.dir);
  }
}

function differs(message: string, dir: string): QuorateError {
  return new QuorateError(
    "UP_DIFFERS",
    `${dir} holds another cluster: ${message}`,
    "leave the option out, or name another folder with --dir",
  );
}
