import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { named } from "./fault.ts";
import type { Fault } from "./fault.ts";
import { ControlGroup } from "./control-group.ts";
import { cgroupFolder } from "./host-tools.ts";

const PERIOD_US = 100_000;
const BURNER_COUNT = 2;
/** Ends by itself, too, should nobody be left to end it. */
const BURN = "const end = Date.now() + 120000; while (Date.now() < end);";

/**
 * Programs that burn processor time beside these replicas. With cgroups burners and replicas share
 * so many hundredths of one processor; without, the burners take what they get of the machine.
 */
export function cpuBurnFault(of: readonly number[], percent: number): Fault {
  const hasGroups = cgroupFolder("cpu") !== undefined;
  const burners: ChildProcess[] = [];
  let group: ControlGroup | undefined;
  return {
    kind: "cpu-burn",
    available: () => undefined,
    inject(stage) {
      const { cluster, ledger } = stage;
      for (let number = 0; number < BURNER_COUNT; number++) {
        const burner = spawn(process.execPath, ["-e", BURN], { stdio: "ignore" });
        ledger.noteProcess(burner.pid);
        burners.push(burner);
      }
      if (hasGroups) {
        group = new ControlGroup(stage, "cpu", "cpu");
        group.set("cpu.cfs_period_us", PERIOD_US);
        group.set("cpu.cfs_quota_us", (PERIOD_US * percent) / 100);
        for (const index of of) group.add(cluster.pid(index)!);
        for (const burner of burners) group.add(burner.pid!);
      }
      return Promise.resolve();
    },
    async heal() {
      group?.set("cpu.cfs_quota_us", -1);
      for (const burner of burners.splice(0)) {
        if (burner.exitCode !== null || burner.signalCode !== null) continue;
        const ended = new Promise((resolve) => burner.once("exit", resolve));
        burner.kill("SIGKILL");
        await ended;
      }
    },
    describe: () =>
      `${BURNER_COUNT} burners beside ${named(of)}, ` +
      (hasGroups ? `together ${percent} % of a processor by a cgroup` : "with the whole machine"),
  };
}
