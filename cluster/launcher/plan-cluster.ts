import { existsSync } from "node:fs";
import type { Genesis } from "../../consensus/genesis.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import { quorumOf } from "../../consensus/committee.ts";
import type { ClusterFolder } from "../cluster-folder.ts";
import { splitAddress } from "../init/addresses.ts";
import type { PortClaim } from "./claim-ports.ts";
import type { LaunchPlan } from "./run-launcher.ts";
import { scriptPath } from "./script-path.ts";
import type { ChildSpec } from "./supervised-child.ts";

export const GATEWAY_HOST = "127.0.0.1";
const GATEWAY_NAME = "gateway";

/** Every replica whose folder is here, and one gateway. */
export function planCluster(
  folder: ClusterFolder,
  genesis: Genesis,
  gatewayPort: number,
): LaunchPlan {
  const local = genesis.members
    .map((member, index) => ({ index, address: member.address, node: folder.nodeFolder(index) }))
    .filter(({ node }) => existsSync(node));
  const committee = genesisCommittee(genesis);
  const missableCount = committee.members.length - quorumOf(committee);
  return {
    folder: folder.root,
    script: scriptPath(),
    gatewayUrl: gatewayUrl(gatewayPort),
    children: [
      ...local.map(({ index, address, node }) => ({
        name: `node-${index}`,
        args: ["node", "--dir", node],
        readyUrl: `http://${address}/readyz`,
      })),
      gatewayChild(folder, gatewayPort),
    ],
    ports: [
      ...local.map(({ index, address }) => replicaPort(index, address)),
      gatewayPortClaim(gatewayPort, "--gateway-port"),
    ],
    servesWithout: (missing) => !missing.has(GATEWAY_NAME) && missing.size <= missableCount,
  };
}

export function replicaPort(index: number, address: string): PortClaim {
  const { host, port } = splitAddress(address);
  return { owner: `replica ${index}`, host, port, option: "--base-port" };
}

export function gatewayPortClaim(port: number, option: string): PortClaim {
  return { owner: "the gateway", host: GATEWAY_HOST, port, option };
}

export function gatewayUrl(port: number): string {
  return `http://${GATEWAY_HOST}:${port}`;
}

function gatewayChild(folder: ClusterFolder, port: number): ChildSpec {
  return {
    name: GATEWAY_NAME,
    args: [
      "gateway",
      ...["--cluster", folder.clusterFile],
      ...["--key", folder.writerKey],
      ...["--cache", folder.gatewayCache],
      ...["--port", String(port)],
    ],
    readyUrl: `${gatewayUrl(port)}/readyz`,
  };
}
