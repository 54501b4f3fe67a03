import { named } from "./fault.ts";
import type { Fault, Stage } from "./fault.ts";
import { ControlGroup } from "./control-group.ts";
import { cgroupFolder, lacksTool, run } from "./host-tools.ts";

const MIB = 1024 * 1024;

/**
 * So much memory and no more. With cgroups the kernel takes back what it can and then kills; without,
 * the next large allocation fails. Either way the process may end: whoever looks after it starts it
 * again, and it meets the same limit.
 */
export function memoryPressureFault(of: readonly number[], limitMib: number): Fault {
  const hasGroups = cgroupFolder("memory") !== undefined;
  let group: ControlGroup | undefined;
  let watch: NodeJS.Timeout | undefined;
  let endCount = 0;
  const press = ({ cluster }: Stage, index: number): void => {
    const pid = cluster.pid(index);
    if (pid === undefined) return;
    if (group !== undefined) group.add(pid);
    else run("prlimit", "--pid", String(pid), `--data=${4 * limitMib * MIB}:`);
  };
  return {
    kind: "memory-pressure",
    available: () => (hasGroups ? undefined : lacksTool("prlimit")),
    inject(stage) {
      if (hasGroups) {
        group = new ControlGroup(stage, "memory", "memory");
        group.set("memory.limit_in_bytes", limitMib * MIB);
      }
      for (const index of of) press(stage, index);
      watch = setInterval(() => {
        for (const index of of) {
          if (stage.cluster.pid(index) !== undefined) continue;
          endCount++;
          stage.cluster.launch(index);
          press(stage, index);
        }
      }, 250);
      return Promise.resolve();
    },
    async heal({ cluster }) {
      clearInterval(watch);
      group?.set("memory.limit_in_bytes", -1);
      for (const index of of) {
        // The other limit is the process's for life.
        if (group === undefined) await cluster.end(index, "SIGTERM");
        if (cluster.pid(index) === undefined) cluster.launch(index);
      }
      for (const index of of) await cluster.ready(index);
    },
    describe: () =>
      `${limitMib} MiB for ${named(of)} by ${hasGroups ? "a cgroup" : "prlimit (data)"}; ` +
      `it ended ${endCount} times and was started again`,
  };
}
