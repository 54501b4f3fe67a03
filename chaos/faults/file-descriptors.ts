import { readdirSync } from "node:fs";
import { named } from "./fault.ts";
import type { Fault } from "./fault.ts";
import { lacksTool, run } from "./host-tools.ts";

/** Files and sockets that a replica has open stay open; it gets no more of them. */
export function fileDescriptorFault(of: readonly number[]): Fault {
  let before = "";
  return {
    kind: "file-descriptors",
    available: () => (process.platform === "linux" ? lacksTool("prlimit") : "kernel: needs Linux"),
    inject({ cluster }) {
      for (const index of of) {
        const pid = String(cluster.pid(index)!);
        before = run("prlimit", "--pid", pid, "--nofile", "--output=SOFT", "--noheadings").trim();
        const open = readdirSync(`/proc/${pid}/fd`).map(Number);
        run("prlimit", "--pid", pid, `--nofile=${Math.max(...open) + 1}:`);
      }
      return Promise.resolve();
    },
    async heal({ cluster }) {
      for (const index of of) {
        const pid = cluster.pid(index);
        if (pid === undefined) cluster.launch(index);
        else if (before !== "") run("prlimit", "--pid", String(pid), `--nofile=${before}:`);
      }
      for (const index of of) await cluster.ready(index);
    },
    describe: () => `no more file descriptors for ${named(of)} by prlimit`,
  };
}
