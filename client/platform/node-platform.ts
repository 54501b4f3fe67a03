import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getBounded } from "../../base/host/get-bounded.ts";
import type { Pins } from "../../base/host/pinned-agent.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { originOf, ReplicaAgents } from "../../base/host/replica-agents.ts";
import type { Hash } from "../../base/types.ts";
import { FRAME_BYTES_MAX } from "../../consensus/limits.ts";
import { DEADLINE_MS } from "../limits.ts";
import { nodeBlobs } from "./node-blobs.ts";
import { openNodeSocket } from "./node-socket.ts";
import { spoolToFile } from "./node-spool.ts";
import type { Hasher, Platform, StateStorage } from "./platform.ts";

/** Node's sockets, files and clocks. `folder` undefined: nothing is kept over the process. */
export function nodePlatform(options: { readonly folder: string | undefined }): Platform {
  let keyOf: Pins["keyOf"] = () => undefined;
  const pins: Pins = { keyOf: (address) => keyOf(address) };
  const agents = new ReplicaAgents(pins);
  return {
    crypto: nodeCrypto,
    randomBytes: (size) => new Uint8Array(randomBytes(size)),
    newHasher: nodeHasher,
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    soon: (run) => void setImmediate(run),
    every(ms, run) {
      const timer = setInterval(run, ms);
      return () => clearInterval(timer);
    },
    trust: (known) => void (keyOf = known),
    openSocket: (address, events) => openNodeSocket(address, agents.of(address), events),
    blobs: nodeBlobs({ pins }),
    chain: (address, from) => {
      const bounds = { bytesMax: FRAME_BYTES_MAX, timeoutMs: DEADLINE_MS };
      return getBounded(`${originOf(address)}/chain/${from}`, bounds, agents.of(address));
    },
    spool: spoolToFile,
    state: options.folder === undefined ? forgetful() : fileState(options.folder),
  };
}

export function nodeHasher(): Hasher {
  const hash = createHash("sha256");
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => new Uint8Array(hash.copy().digest()) as Hash,
  };
}

function forgetful(): StateStorage {
  return { load: () => Promise.resolve(undefined), save: () => Promise.resolve() };
}

function fileState(folder: string): StateStorage {
  const path = join(folder, "client-state");
  return {
    load: () =>
      readFile(path).then(
        (bytes) => new Uint8Array(bytes),
        () => undefined,
      ),
    async save(bytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const partial = `${path}.${process.pid}.partial`;
      await writeFile(partial, bytes, { mode: 0o600, flush: true });
      await rename(partial, path);
    },
  };
}
