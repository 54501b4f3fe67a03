import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CACHE = "ccache";
const COMPILER = "gcc";

/** What a machine lacks to compile through a cache. */
export const COMPILING_LACKS: readonly string[] = [CACHE, COMPILER].filter(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status !== 0,
);

/** One compilation after another through a real ccache whose only storage is a gateway. */
export class CompileLoad {
  readonly gatewayUrl: string;
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  #stopped = false;
  readonly #done: Promise<void>;
  /** Compilations so far; each has put two entries. */
  count = 0;

  constructor(folder: string, gatewayUrl: string) {
    this.gatewayUrl = gatewayUrl;
    this.#folder = join(folder, "load");
    mkdirSync(this.#folder);
    this.#environment = {
      ...process.env,
      CCACHE_DIR: join(this.#folder, "ccache"),
      CCACHE_REMOTE_ONLY: "true",
      CCACHE_REMOTE_STORAGE: `${gatewayUrl}/cache/team-a/|connect-timeout=10000`,
      CCACHE_CONFIGPATH: "/dev/null",
    };
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const name = `part${this.count}`;
      writeFileSync(join(this.#folder, `${name}.c`), `int ${name}(void) { return ${this.count}; }`);
      await this.#compile(name);
      this.count++;
    }
  }

  #compile(name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      execFile(
        CACHE,
        [COMPILER, "-c", `${name}.c`, "-o", `${name}.o`],
        { cwd: this.#folder, env: this.#environment },
        (error) => (error === null ? resolve() : reject(error)),
      );
    });
  }
}
