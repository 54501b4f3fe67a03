import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The upstream source of a Debian package, unpacked into `into`. apt gets a configuration of its
 * own, so the machine's package lists stay as they are; archives are kept for the next run.
 * Answers undefined where there is no apt or no mirror.
 */
export function unpackDebianSource(name: string, into: string): boolean {
  const kept = join(tmpdir(), "quorate-debian-sources", name);
  const archive = findArchive(kept, name) ?? download(kept, name);
  if (archive === undefined) return false;
  mkdirSync(into, { recursive: true });
  const unpacked = spawnSync("tar", ["xf", archive, "-C", into, "--strip-components=1"]);
  return unpacked.status === 0;
}

function findArchive(folder: string, name: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const found = readdirSync(folder).find(
    (file) => file.startsWith(`${name}_`) && file.includes(".orig.tar.") && !file.endsWith(".asc"),
  );
  return found === undefined ? undefined : join(folder, found);
}

function download(folder: string, name: string): string | undefined {
  const system = "/etc/apt/sources.list.d/debian.sources";
  if (!existsSync(system)) return undefined;
  const lists = join(folder, "lists");
  mkdirSync(join(lists, "partial"), { recursive: true });
  const sources = join(folder, "source.sources");
  writeFileSync(sources, readFileSync(system, "utf8").replaceAll(/^Types:.*$/gm, "Types: deb-src"));
  const options = [
    `Dir::Etc::sourcelist=${sources}`,
    "Dir::Etc::sourceparts=/dev/null",
    `Dir::State::lists=${lists}`,
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  const apt = (...args: readonly string[]): number | null =>
    spawnSync("apt-get", [...options, ...args], { cwd: folder, stdio: "ignore" }).status;
  if (apt("update") !== 0 || apt("source", "--download-only", name) !== 0) return undefined;
  return findArchive(folder, name);
}
