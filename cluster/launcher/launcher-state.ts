import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../../base/bytes.ts";
import { writeFileAtomically } from "../../base/host/atomic-file.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** `starting`: not yet ready to serve; `serving`: was ready once; `stopping`: on its way out. */
export type LauncherPhase = "starting" | "serving" | "stopping";

export interface ChildState extends ProcessIdentity {
  /** `node-0` … or `gateway`. */
  readonly name: string;
  /** How often it was started again. */
  readonly restarts: number;
}

/** What `D/run/launcher.json` says of a running launcher. */
export interface LauncherState extends ProcessIdentity {
  readonly format: 1;
  readonly phase: LauncherPhase;
  readonly gatewayUrl?: string | undefined;
  /** Those that run now. */
  readonly children: readonly ChildState[];
}

/** Holds the lock and the state of whoever runs the folder. */
export function runFolder(folder: string): string {
  return join(folder, "run");
}

function statePath(folder: string): string {
  return join(runFolder(folder), "launcher.json");
}

export function writeLauncherState(folder: string, state: LauncherState): void {
  mkdirSync(runFolder(folder), { recursive: true });
  writeFileAtomically(statePath(folder), utf8(`${JSON.stringify(state, undefined, 2)}\n`));
}

/** Undefined when there is none, or none that can be read. */
export function readLauncherState(folder: string): LauncherState | undefined {
  try {
    const state = JSON.parse(readFileSync(statePath(folder), "utf8")) as LauncherState;
    const sound = state.format === 1 && isIdentity(state) && Array.isArray(state.children);
    return sound && state.children.every(isIdentity) ? state : undefined;
  } catch {
    return undefined;
  }
}

export function removeLauncherState(folder: string): void {
  rmSync(statePath(folder), { force: true });
}

function isIdentity(value: ProcessIdentity): boolean {
  return Number.isSafeInteger(value.pid) && typeof value.startTime === "string";
}
