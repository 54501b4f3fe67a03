import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The real executable, as a person runs it. */
export const QUORATE: string = join(
  dirname(dirname(fileURLToPath(import.meta.url))),
  "bin/quorate.js",
);

export interface Ran {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

/** Runs `quorate …` to its end. */
export function runQuorate(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [QUORATE, ...args], {
      env: { ...process.env, ...options.environment },
      ...(options.folder === undefined ? {} : { cwd: options.folder }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ exitCode: code ?? undefined, stdout, stderr }));
    child.stdin.end(options.input ?? "");
  });
}

/** The one object that `--json` prints, with the exit code beside it. */
export async function runJson<Answer>(
  args: readonly string[],
  options?: RunOptions,
): Promise<Answer & { readonly exitCode: number | undefined }> {
  const { exitCode, stdout, stderr } = await runQuorate([...args, "--json"], options);
  try {
    return { ...(JSON.parse(stdout) as Answer), exitCode };
  } catch {
    throw new Error(`quorate ${args.join(" ")}: exit ${exitCode}: ${stdout}${stderr}`);
  }
}
