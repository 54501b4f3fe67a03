import { join } from "node:path";
import { QuorateError } from "../../base/quorate-error.ts";
import { defaultCacheFolder } from "../cache/cache-folder.ts";
import { RESOLVE_MODES, parseOrder } from "./mode.ts";
import type { ResolveMode } from "./mode.ts";
import { proversNamed } from "./provers/find-provers.ts";
import type { Prover } from "./provers/prover.ts";
import type { TierName } from "./tier.ts";

/** How somebody wants obligations resolved on this machine. */
export interface ResolveSetup {
  readonly mode: ResolveMode;
  readonly order: readonly TierName[];
  /** Where proofs lie on this machine. */
  readonly folder: string;
  /** Where a recording is written or read. */
  readonly recording: string | undefined;
  readonly provers: readonly Prover[];
  /** Gateways that answer questions for proofs: `host:port`. */
  readonly peers: readonly string[];
  /** Visits of literals that tier 1 may make. */
  readonly fuelMax: number | undefined;
  /** How long this asker waits for the cluster's workers; 0: they are not asked. */
  readonly workersMs: number;
}

/** As people type them, on a command line or into the environment. */
export interface SetupWords {
  readonly mode?: string | undefined;
  readonly order?: string | undefined;
  readonly cache?: string | undefined;
  readonly recording?: string | undefined;
  readonly provers?: string | undefined;
  readonly peers?: string | undefined;
  readonly fuel?: number | undefined;
  readonly workersS?: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What is not said is taken from QUORATE_MODE, QUORATE_ORDER, QUORATE_CACHE, QUORATE_RECORDING,
 * QUORATE_PROVERS and QUORATE_PEERS, and then has its default.
 * @throws QuorateError MODE_INVALID, ORDER_INVALID, PROVER_UNKNOWN
 */
export function resolveSetup(
  words: SetupWords,
  environment: Environment = process.env,
): ResolveSetup {
  const said = (word: string | undefined, name: string): string | undefined =>
    word ?? (environment[name] === "" ? undefined : environment[name]);
  const mode = parseMode(said(words.mode, "QUORATE_MODE") ?? "read-write");
  const recording = said(words.recording, "QUORATE_RECORDING");
  if (recording === undefined && (mode === "record" || mode === "replay")) {
    throw new QuorateError(
      "MODE_INVALID",
      `the mode ${mode} needs a folder for its recording`,
      "name one with --recording or QUORATE_RECORDING",
    );
  }
  const cache = said(words.cache, "QUORATE_CACHE") ?? defaultCacheFolder(environment);
  const peers = said(words.peers, "QUORATE_PEERS") ?? "";
  return {
    mode,
    order: parseOrder(said(words.order, "QUORATE_ORDER") ?? "network-first"),
    folder: proofFolderOf(cache),
    recording,
    provers: proversNamed(said(words.provers, "QUORATE_PROVERS") ?? "installed", environment),
    peers: peers.split(",").filter((peer) => peer !== ""),
    fuelMax: words.fuel,
    workersMs: 1000 * (words.workersS ?? 0),
  };
}

/** Shared by the gateway, its peers, and every command on this machine. */
export function proofFolderOf(cacheFolder: string): string {
  return join(cacheFolder, "proofs");
}

function parseMode(text: string): ResolveMode {
  const mode = RESOLVE_MODES.find((one) => one === text);
  if (mode !== undefined) return mode;
  throw new QuorateError(
    "MODE_INVALID",
    `"${text}" is no mode`,
    `one of ${RESOLVE_MODES.join(", ")}`,
  );
}
