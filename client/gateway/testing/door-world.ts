import { createCipheriv } from "node:crypto";
import type { PublicKey, Signature } from "../../../base/types.ts";
import { startGateway } from "../start-gateway.ts";
import type { GatewayOptions, RunningGateway } from "../start-gateway.ts";
import { rawRequest } from "./raw-request.ts";
import type { ScriptedCluster } from "./scripted-cluster.ts";

const SIGNER = {
  publicKey: new Uint8Array(32) as PublicKey,
  sign: (): Signature => new Uint8Array(64) as Signature,
};
/** Of a tool that is kept waiting by a cluster that never answers. */
export const KEPT_MS = 300;
/** Of all others: a machine that stands still for a moment makes no hit a miss. */
const PATIENT_MS = 20_000;

export async function openDoor(
  folder: string,
  cluster: ScriptedCluster | undefined,
  options: GatewayOptions = {},
): Promise<RunningGateway> {
  return startGateway(
    { folder, signer: SIGNER, doorDeadlineMs: PATIENT_MS, ...options },
    cluster === undefined ? undefined : () => Promise.resolve(cluster.client()),
  );
}

/** Polls, because the work behind a PUT goes on after its answer. */
export async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 3000; round++) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it did not come to pass");
}

/** Counter of /metrics with these labels, 0 when it is not there. */
export async function metric(
  url: string,
  line: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { body } = await rawRequest(url, "/metrics", { headers });
  const found = body
    .toString()
    .split("\n")
    .find((text) => text.startsWith(`${line} `));
  return found === undefined ? 0 : Number(found.slice(line.length + 1));
}

/** Bodies of these numbers are above 1 MiB and above 256 KiB. */
export const LARGE = 100;
export const MIDDLING = 101;

/** Bytes that do not shrink, always the same for one seed. */
export function noise(size: number, seed: string): Uint8Array {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, seed), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(size));
}

/** Of a doors' usual bodies: small for small numbers. */
export function sizeOfBody(index: number): number {
  if (index === LARGE) return 5 * 1024 * 1024 + 17;
  return index === MIDDLING ? 300_000 : 900;
}
