import { symlinkSync } from "node:fs";
import { join } from "node:path";
import {
  NODE_TOOLS,
  digestFiles,
  missingNodeTool,
  numberIn,
  runTool,
  writeProject,
} from "./build-tool.ts";
import type { BuildTool, Built, ToolRun } from "./build-tool.ts";

const PACKAGES = ["a", "b"] as const;
const OUTPUTS = PACKAGES.map((name) => `packages/${name}/dist`);

/** Two packages whose builds write text, a program, an empty file and a folder. */
function packageFiles(printed = "process.hrtime.bigint()"): Record<string, string> {
  const files: Record<string, string> = {
    ".gitignore": "node_modules\ndist\n.turbo\n.moon/cache\n",
  };
  for (const name of PACKAGES) {
    const scripts = { build: "node build.js" };
    files[`packages/${name}/package.json`] = JSON.stringify({ name, version: "1.0.0", scripts });
    files[`packages/${name}/build.js`] = `
      const fs = require("fs");
      fs.mkdirSync("dist/deep/er", { recursive: true });
      fs.writeFileSync("dist/out.txt", "built ${name}\\n".repeat(1000));
      fs.writeFileSync("dist/deep/er/" + "n".repeat(120) + ".js", "console.log('${name}');");
      fs.writeFileSync("dist/run.sh", "exit 0\\n", { mode: 0o755 });
      console.log("building ${name} at", ${printed});
    `;
  }
  return files;
}

/** The same, whose log says what it said before. */
const STEADY = packageFiles("'home'");

/** What a rogue's `out.txt` says. */
const SABOTAGE = ["built ", "EVIL "] as const;

const ROOT = { name: "workspace", private: true, workspaces: ["packages/*"] };

async function commit(checkout: string): Promise<void> {
  const environment = { HOME: checkout, GIT_CONFIG_GLOBAL: "/dev/null" };
  const git = (...args: readonly string[]): Promise<string> =>
    runTool("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
      folder: checkout,
      environment,
    });
  await git("init", "-q");
  await git("add", "-A");
  await git("commit", "-q", "-m", "a project");
}

export const turbo: BuildTool = {
  name: "turbo 2.11.11",
  missing: missingNodeTool("turbo/bin/turbo"),
  project: {
    ...packageFiles(),
    "package.json": JSON.stringify({ ...ROOT, packageManager: "npm@10.8.0" }),
    "turbo.json": JSON.stringify({
      remoteCache: { signature: true },
      tasks: { build: { outputs: ["dist/**"] } },
    }),
  },
  steady: STEADY,
  sabotage: SABOTAGE,
  count: PACKAGES.length,
  async build({ checkout, home, url, namespace }: ToolRun): Promise<Built> {
    await commit(checkout);
    const printed = await runTool(
      process.execPath,
      [join(NODE_TOOLS, "turbo/bin/turbo"), "run", "build", "--cache=local:rw,remote:rw"],
      {
        folder: checkout,
        environment: {
          HOME: home,
          TURBO_API: url,
          TURBO_TEAM: namespace,
          TURBO_TOKEN: "any",
          TURBO_CACHE_DIR: join(home, "cache"),
          TURBO_TELEMETRY_DISABLED: "1",
          TURBO_REMOTE_CACHE_SIGNATURE_KEY: "known to this team alone",
        },
      },
    );
    const hits = numberIn(printed, /Cached:\s+(\d+) cached/);
    return { hits, outputs: digestFiles(checkout, OUTPUTS) };
  },
};

export const nx: BuildTool = {
  name: "nx 24.0.6",
  missing: missingNodeTool("nx/dist/bin/nx.js") && missingNodeTool("nx/bin/nx.js"),
  project: {
    ...packageFiles(),
    "package.json": JSON.stringify(ROOT),
    "nx.json": JSON.stringify({
      analytics: false,
      targetDefaults: { build: { cache: true, outputs: ["{projectRoot}/dist"] } },
    }),
  },
  sabotage: SABOTAGE,
  count: PACKAGES.length,
  async build({ checkout, home, url, namespace }: ToolRun): Promise<Built> {
    symlinkSync(NODE_TOOLS, join(checkout, "node_modules"));
    await commit(checkout);
    const printed = await runTool(
      join(NODE_TOOLS, ".bin/nx"),
      ["run-many", "-t", "build", "--outputStyle=static"],
      {
        folder: checkout,
        environment: {
          HOME: home,
          NX_DAEMON: "false",
          NX_TUI: "false",
          NX_CACHE_DIRECTORY: join(home, "cache"),
          NX_WORKSPACE_DATA_DIRECTORY: join(home, "data"),
          NX_SELF_HOSTED_REMOTE_CACHE_SERVER: `${url}/${namespace}`,
        },
      },
    );
    return {
      hits: numberIn(printed, /Cache:\s+(\d+)\/\d+ hit/),
      outputs: digestFiles(checkout, OUTPUTS),
    };
  },
};

const MOON = {
  missing:
    missingNodeTool("@moonrepo/cli/moon.js") && missingNodeTool("@moonrepo/cli/package.json"),
  project: {
    ...packageFiles(),
    ...Object.fromEntries(
      PACKAGES.map((name) => [
        `packages/${name}/moon.yml`,
        "tasks:\n  build:\n    command: 'node build.js'\n    inputs: ['build.js']\n    outputs: ['dist']\n",
      ]),
    ),
  },
  steady: STEADY,
  sabotage: SABOTAGE,
  count: PACKAGES.length,
};

export const moon: BuildTool = {
  ...MOON,
  name: "moon 2.5.5",
  build: (run: ToolRun) => buildByMoon(run, ["  api: 'http'", `  host: '${run.url}'`]),
};

export const moonOverGrpc: BuildTool = {
  ...MOON,
  name: "moon 2.5.5 over gRPC",
  build: (run: ToolRun) => buildByMoon(run, ["  api: 'grpc'", `  host: '${run.grpcUrl}'`]),
};

async function buildByMoon(
  { checkout, home, namespace }: ToolRun,
  remote: readonly string[],
): Promise<Built> {
  writeProject(checkout, {
    ".moon/workspace.yml": [
      "projects: ['packages/*']",
      "remote:",
      ...remote,
      "  cache:",
      `    instanceName: '${namespace}'`,
      "",
    ].join("\n"),
  });
  await commit(checkout);
  const printed = await runTool(join(NODE_TOOLS, ".bin/moon"), ["run", ":build"], {
    folder: checkout,
    environment: { HOME: home, MOON_HOME: join(home, "moon"), NO_COLOR: "1" },
  });
  return {
    hits: [...printed.matchAll(/cached from remote/g)].length,
    outputs: digestFiles(checkout, OUTPUTS),
  };
}

/** A library that Metro is given, here in the role of Metro. */
export const metro: BuildTool = {
  name: "metro-cache 0.84.6",
  missing: missingNodeTool("metro-cache/package.json"),
  project: { "entries.txt": "one\ntwo\nthree\n" },
  count: 3,
  async build({ checkout, url, namespace }: ToolRun): Promise<Built> {
    const program = `
      const { HttpStore } = require(${JSON.stringify(join(NODE_TOOLS, "metro-cache"))});
      const fs = require("fs");
      (async () => {
        const store = new HttpStore({ endpoint: process.argv[1] });
        let hits = 0;
        for (const name of fs.readFileSync("entries.txt", "utf8").trim().split("\\n")) {
          const key = Buffer.from(name.padEnd(20));
          const found = await store.get(key);
          if (found !== null) hits++;
          const value = found ?? { dependencies: [], output: [{ code: name.repeat(50) }] };
          if (found === null) await store.set(key, value);
          fs.mkdirSync("out", { recursive: true });
          fs.writeFileSync("out/" + name, JSON.stringify(value));
        }
        console.log(hits + " hits");
      })().catch((error) => { console.error(error); process.exitCode = 1; });
    `;
    const printed = await runTool(process.execPath, ["-e", program, `${url}/cache/${namespace}`], {
      folder: checkout,
      environment: {},
    });
    return { hits: numberIn(printed, /(\d+) hits/), outputs: digestFiles(checkout, ["out"]) };
  },
};

/** sccache's storage library, which keeps sccache's layout of paths. */
export const opendal: BuildTool = {
  name: "opendal 0.47.11",
  missing: missingNodeTool("opendal/package.json"),
  project: { "entries.txt": "one\ntwo\nthree\n" },
  count: 3,
  async build({ checkout, url, namespace }: ToolRun): Promise<Built> {
    const program = `
      const { Operator } = require(${JSON.stringify(join(NODE_TOOLS, "opendal"))});
      const fs = require("fs");
      (async () => {
        const store = new Operator("webdav", { endpoint: process.argv[1] });
        let hits = 0;
        for (const name of fs.readFileSync("entries.txt", "utf8").trim().split("\\n")) {
          const path = "a/b/c/" + name;
          const found = await store.read(path).catch((error) => {
            if (!String(error).includes("NotFound")) throw error;
          });
          if (found !== undefined) hits++;
          const value = found ?? Buffer.from(name.repeat(5000));
          if (found === undefined) {
            await store.write(path, value);
            const { contentLength } = await store.stat(path);
            if (Number(contentLength) !== value.length) throw new Error("it has another size");
          }
          fs.mkdirSync("out", { recursive: true });
          fs.writeFileSync("out/" + name, value);
        }
        console.log(hits + " hits");
      })().catch((error) => { console.error(error); process.exitCode = 1; });
    `;
    const printed = await runTool(process.execPath, ["-e", program, `${url}/dav/${namespace}`], {
      folder: checkout,
      environment: {},
    });
    return { hits: numberIn(printed, /(\d+) hits/), outputs: digestFiles(checkout, ["out"]) };
  },
};
