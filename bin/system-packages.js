// Installs the Debian packages that the tests and benches use, when it runs as root on Debian.
// Anybody else gets a list; a test that lacks its tool says so itself and is counted as skipped.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** package → a file that it brings: looking is cheaper than asking dpkg. */
export const PACKAGES = {
  ccache: "/usr/bin/ccache",
  "dpkg-dev": "/usr/bin/dpkg-source",
  gcc: "/usr/bin/gcc",
  make: "/usr/bin/make",
  "etcd-server": "/usr/bin/etcd",
  "etcd-client": "/usr/bin/etcdctl",
  iproute2: "/usr/sbin/ip",
  mount: "/usr/bin/mount",
  chromium: "/usr/bin/chromium",
  cadical: "/usr/bin/cadical",
  chrony: "/usr/sbin/chronyd",
  faketime: "/usr/bin/faketime",
  "bazel-bootstrap": "/usr/bin/bazel",
  gradle: "/usr/bin/gradle",
  "nix-bin": "/usr/bin/nix",
  metamath: "/usr/bin/metamath",
  "metamath-databases": "/usr/share/metamath/databases/set.mm",
};

export function missingPackages() {
  return Object.entries(PACKAGES)
    .filter(([, file]) => !existsSync(file) && !existsSync(file.replace("/usr/sbin", "/sbin")))
    .map(([name]) => name);
}

function install() {
  const missing = missingPackages();
  if (missing.length === 0) return 0;
  const isDebian = existsSync("/etc/debian_version");
  const isRoot = process.getuid?.() === 0;
  if (!isDebian || !isRoot) {
    console.log(
      `missing for some tests: ${missing.join(" ")} (as root on Debian: npm run packages)`,
    );
    return 0;
  }
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args) =>
    spawnSync("apt-get", args, { stdio: ["ignore", "ignore", 2], env: environment }).status;
  console.log(`installing ${missing.join(" ")} …`);
  if (apt("update", "-q") !== 0) return 1;
  // Servers come with services that start by themselves; ours are started by tests only.
  return apt(
    "install",
    "-y",
    "-q",
    "--no-install-recommends",
    "-o",
    "Dpkg::Options::=--force-confold",
    ...missing,
  ) === 0
    ? 0
    : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = install();
