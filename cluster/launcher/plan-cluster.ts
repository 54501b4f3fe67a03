import { hostPortOf, isSecureAddress } from "../../base/replica-address.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { quorumOf } from "../../consensus/committee.ts";
import type { ClusterFolder } from "../cluster-folder.ts";
import { splitAddress } from "../init/addresses.ts";
import { localEpochs } from "../membership/known-epochs.ts";
import type { PortClaim } from "./claim-ports.ts";
import type { LaunchPlan } from "./run-launcher.ts";
import { localNodes } from "./local-nodes.ts";
import type { LocalNode } from "./local-nodes.ts";
import { scriptPath } from "./script-path.ts";
import type { ChildSpec } from "./supervised-child.ts";

export const GATEWAY_HOST = "127.0.0.1";
export const VIEWER_PORT_DEFAULT = 7490;
const GATEWAY_NAME = "gateway";
export const VIEWER_NAME = "viewer";

/** Where the two that people and tools knock at listen. */
export interface DoorPorts {
  readonly gatewayPort: number;
  readonly viewerPort: number;
}

/** Every replica whose folder is here, one gateway, and the page that shows them. */
export function planCluster(
  folder: ClusterFolder,
  genesis: Genesis,
  { gatewayPort, viewerPort }: DoorPorts,
): LaunchPlan {
  const local = localNodes(folder, genesis);
  const { newest } = localEpochs(folder, genesis);
  const missableCount = newest.members.length - quorumOf(newest);
  const addresses = new Set(newest.members.map(({ address }) => address));
  /** Who was let go, or waits to be admitted, is not waited for. */
  const outsiders = new Set(
    local.filter(({ address }) => !addresses.has(address)).map(({ name }) => name),
  );
  return {
    folder: folder.root,
    script: scriptPath(),
    gatewayUrl: gatewayUrl(gatewayPort),
    children: [
      ...local.map(nodeChild),
      gatewayChild(folder, gatewayPort),
      viewerChild(folder, viewerPort, gatewayUrl(gatewayPort)),
    ],
    ports: [
      ...local.map(({ name, address }) => replicaPort(name, address)),
      gatewayPortClaim(gatewayPort, "--gateway-port"),
      viewerPortClaim(viewerPort),
    ],
    // Nobody's build waits for a picture.
    servesWithout: (missing) =>
      !missing.has(GATEWAY_NAME) &&
      [...missing.keys()].filter((name) => name !== VIEWER_NAME && !outsiders.has(name)).length <=
        missableCount,
    // `member add` makes a folder while everything runs.
    childrenNow: () => localNodes(folder, genesis).map(nodeChild),
  };
}

function nodeChild({ name, folder, address }: LocalNode): ChildSpec {
  const protocol = isSecureAddress(address) ? "https" : "http";
  const readyUrl = `${protocol}://${hostPortOf(address)}/readyz`;
  return { name, args: ["node", "--dir", folder], readyUrl };
}

export function replicaPort(name: string, address: string): PortClaim {
  const { host, port } = splitAddress(address);
  return { owner: name, host, port, option: "--base-port" };
}

export function gatewayPortClaim(port: number, option: string): PortClaim {
  return { owner: "the gateway", host: GATEWAY_HOST, port, option };
}

export function viewerPortClaim(port: number): PortClaim {
  return { owner: "the viewer", host: GATEWAY_HOST, port, option: "--viewer-port" };
}

export function viewerUrl(port: number): string {
  return `http://${GATEWAY_HOST}:${port}/?live`;
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

function viewerChild(folder: ClusterFolder, port: number, gateway: string): ChildSpec {
  return {
    name: VIEWER_NAME,
    args: ["view", "--dir", folder.root, "--port", String(port), "--gateway", gateway],
    readyUrl: viewerUrl(port),
  };
}
