import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stage } from "./fault.ts";
import { cgroupFolder } from "./host-tools.ts";

/** A cgroup (version 1) of this run, below the controller's root; removed when the run is cleaned up. */
export class ControlGroup {
  readonly #folder: string;

  constructor({ ledger }: Stage, controller: string, name: string) {
    const parent = cgroupFolder(controller);
    if (parent === undefined) throw new Error(`no cgroup controller ${controller}`);
    this.#folder = join(parent, `quorate-chaos-${ledger.id}-${name}`);
    ledger.note({ type: "cgroup", path: this.#folder });
    mkdirSync(this.#folder, { recursive: true });
  }

  set(file: string, value: string | number): void {
    writeFileSync(join(this.#folder, file), String(value));
  }

  /** With all its threads. */
  add(pid: number): void {
    this.set("cgroup.procs", pid);
  }
}
