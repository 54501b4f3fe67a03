import { named } from "./fault.ts";
import type { Fault } from "./fault.ts";
import { lacksMounts, lacksTool, run } from "./host-tools.ts";
import { mountFolder, mountImage } from "./mounted-folder.ts";

/**
 * EXT4_IOC_SHUTDOWN with NOLOGFLUSH (2): the file system answers nothing any more, and what was not
 * flushed never reaches the image. Perl is on every Debian and has ioctl; Node has not.
 */
const CUT =
  'open(my $folder, "<", $ARGV[0]) or die $!; my $how = pack("L", 2); ' +
  "ioctl($folder, 0x8004587D, $how) or die $!;";

/** Their machines lose power: file system first, then the process; healed by mounting what is left. */
export function powerCutFault(of: readonly number[]): Fault {
  let isCut = false;
  return {
    kind: "power-cut",
    available: () => lacksTool("mkfs.ext4") ?? lacksTool("perl") ?? lacksMounts("ext4"),
    prepare(stage) {
      for (const index of of) mountFolder(stage, index, "ext4");
      return Promise.resolve();
    },
    async inject({ cluster }) {
      isCut = true;
      for (const index of of) run("perl", "-e", CUT, cluster.folder.nodeFolder(index));
      await Promise.all(of.map((index) => cluster.end(index, "SIGKILL")));
    },
    async heal(stage) {
      const { cluster } = stage;
      for (const index of isCut ? of : []) {
        run("umount", cluster.folder.nodeFolder(index));
        mountImage(stage, index);
        cluster.launch(index);
      }
      isCut = false;
      for (const index of of) await cluster.ready(index);
    },
    describe: () => `EXT4_IOC_SHUTDOWN without a log flush, then SIGKILL, for ${named(of)}`,
  };
}
