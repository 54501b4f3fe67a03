import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { digestFiles, missingProgram, numberIn, runTool, writeProject } from "./build-tool.ts";
import type { BuildTool, Built, ToolRun } from "./build-tool.ts";

const GENRULES = ["a", "b", "c"] as const;

const BAZEL = {
  missing: missingProgram("/usr/bin/bazel", "bazel"),
  project: {
    WORKSPACE: "",
    ".bazelversion": "",
    BUILD: GENRULES.map(
      (name) => `genrule(name = "${name}", outs = ["${name}.txt", "${name}.sh"],
        cmd = "for i in 1 2 3 4; do echo ${name} $$i; done > $(location ${name}.txt); " +
              "echo exit > $(location ${name}.sh); chmod +x $(location ${name}.sh); echo made ${name}")`,
    ).join("\n"),
  },
  sabotage: ["do echo ", "do echo EVIL "] as const,
  count: GENRULES.length,
};

export const bazel: BuildTool = {
  ...BAZEL,
  name: "bazel 4.2.3",
  build: (run: ToolRun) => buildByBazel(run, [`--remote_cache=${run.url}/${run.namespace}`]),
};

export const bazelOverGrpc: BuildTool = {
  ...BAZEL,
  name: "bazel 4.2.3 over gRPC",
  build: (run: ToolRun) =>
    buildByBazel(run, [`--remote_cache=${run.grpcUrl}`, `--remote_instance_name=${run.namespace}`]),
};

/** Starts a server of its own for each home, which must be told to end. */
async function buildByBazel(
  { checkout, home }: ToolRun,
  remote: readonly string[],
): Promise<Built> {
  const environment = { HOME: home, USER: "builder" };
  const startup = [`--output_user_root=${join(home, "bazel")}`, "--max_idle_secs=5"];
  const bazelRun = (...args: readonly string[]): Promise<string> =>
    runTool("bazel", [...startup, ...args], { folder: checkout, environment });
  const local = ["--spawn_strategy=local", "--color=no", "--curses=no"];
  const printed = await bazelRun("build", "//:all", ...remote, ...local);
  const outputs = digestFiles(checkout, ["bazel-bin"]);
  await bazelRun("shutdown");
  return { hits: numberIn(printed, /(\d+) remote cache hit/), outputs };
}

export const gradle: BuildTool = {
  name: "gradle 4.4.1",
  missing: missingProgram("/usr/bin/gradle", "gradle"),
  project: {
    "build.gradle": "apply plugin: 'java'\n",
    "src/main/java/x/A.java": `package x;
      public class A {
        static class Inner {}
        public static void main(String[] args) { System.out.println("A"); }
      }`,
  },
  sabotage: ['println("A")', 'println("EVIL")'],
  count: 1,
  async build({ checkout, home, url, namespace }: ToolRun): Promise<Built> {
    const address = `${url}/cache/${namespace}/`;
    writeProject(checkout, {
      "settings.gradle": `rootProject.name = 'project'
        buildCache {
          local { enabled = false }
          remote(HttpBuildCache) { url = '${address}'; push = true }
        }`,
    });
    const args = ["--no-daemon", "--build-cache", "--console=plain", "compileJava"];
    const printed = await runTool("gradle", args, {
      folder: checkout,
      environment: { HOME: home, GRADLE_USER_HOME: join(home, "gradle") },
    });
    return {
      hits: [...printed.matchAll(/FROM-CACHE/g)].length,
      outputs: digestFiles(checkout, ["build/classes"]),
    };
  },
};

/** Its store lies in the checkout, whose place is the same in each run: a path names its store. */
export const nix: BuildTool = {
  name: "nix 2.8.0",
  missing: missingProgram("/usr/bin/nix", "nix-bin"),
  project: {
    "hello.nix": `derivation {
      name = "hello"; system = builtins.currentSystem; builder = "/bin/sh";
      args = [ "-c" "echo hello > $out" ];
    }`,
  },
  sabotage: ["echo hello", "echo EVIL"],
  count: 1,
  async build({ checkout, home, url, namespace }: ToolRun): Promise<Built> {
    const cache = `${url}/nix/${namespace}`;
    const key = await (await fetch(`${cache}/public-key`)).text();
    const environment = {
      HOME: home,
      NIX_STORE_DIR: join(checkout, "store"),
      NIX_STATE_DIR: join(home, "state"),
      NIX_LOG_DIR: join(home, "log"),
      NIX_CONF_DIR: join(home, "conf"),
      NIX_CONFIG: [
        "experimental-features = nix-command",
        "sandbox = false",
        "build-users-group =",
        `substituters = ${cache}`,
        `trusted-public-keys = ${key.trim()}`,
        "require-sigs = true",
        "narinfo-cache-negative-ttl = 0",
      ].join("\n"),
    };
    const folder = checkout;
    const printed = await runTool("nix-build", ["hello.nix", "--no-out-link"], {
      folder,
      environment,
    });
    const path = printed.trim().split("\n").at(-1) ?? "";
    const hits = [...printed.matchAll(/copying path .* from/g)].length;
    if (hits === 0) await runTool("nix", ["copy", "--to", cache, path], { folder, environment });
    return { hits, outputs: new Map([[path, readFileSync(path, "utf8")]]) };
  },
};

const UNITS = ["one", "two"] as const;

export const ccache: BuildTool = {
  name: "ccache 4.7.5",
  missing: missingProgram("/usr/bin/ccache", "ccache") ?? missingProgram("/usr/bin/gcc", "gcc"),
  project: Object.fromEntries(
    UNITS.map((name) => [`${name}.c`, `const char *${name}(void) { return "built"; }\n`]),
  ),
  sabotage: ["built", "EVIL"],
  count: UNITS.length,
  async build({ checkout, home, url, namespace }: ToolRun): Promise<Built> {
    const environment = {
      HOME: home,
      CCACHE_DIR: join(home, "ccache"),
      CCACHE_CONFIGPATH: "/dev/null",
      CCACHE_REMOTE_ONLY: "true",
      CCACHE_REMOTE_STORAGE: `${url}/cache/${namespace}/|connect-timeout=10000`,
    };
    const folder = checkout;
    mkdirSync(join(checkout, "out"));
    for (const name of UNITS) {
      const args = ["gcc", "-c", `${name}.c`, "-o", `out/${name}.o`];
      await runTool("ccache", args, { folder, environment });
    }
    const printed = await runTool("ccache", ["--print-stats"], { folder, environment });
    return {
      hits: numberIn(printed, /direct_cache_hit\t(\d+)/),
      outputs: digestFiles(checkout, ["out"]),
    };
  },
};
