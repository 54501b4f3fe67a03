import { mkdtempSync, rmSync, copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import {
  databaseFile,
  metamathObjection,
  missingMetamath,
} from "../../bench/harness/metamath-tool.ts";
import { runJson } from "../run-quorate.ts";

/**
 * Debian's databases through four replicas, by the executable. The larger ones take minutes, most of
 * them those of four replicas that check every proof on the same two cores: `npm run bench --
 * mathematics`.
 */
const NAMES = ["hol", "ql", "nf"] as const;
const missing = missingMetamath(NAMES);
const skipped = missing === undefined ? "" : ` skipped: ${missing}`;
/** Another machine: of the cluster it has the public file, and no key, cache or state. */
const stranger = mkdtempSync(join(tmpdir(), "quorate-stranger-"));
let cluster: LocalCluster | undefined;

describe.skipIf(missing !== undefined)(`whole databases${skipped}`, () => {
  beforeAll(async () => {
    cluster = await LocalCluster.start();
    copyFileSync(cluster.clusterFile, join(stranger, "cluster.json"));
  });

  afterAll(async () => {
    await cluster?.stop();
    rmSync(stranger, { recursive: true, force: true });
  });

  it.each(NAMES)("%s.mm goes in, and comes out on another machine", async (name) => {
    const { folder } = cluster!;
    const words = ["mm", "import", databaseFile(name), "--dir", folder];
    const imported = await runJson<Record<string, number>>(words);
    expect(imported).toMatchObject({ exitCode: 0, held: 0 });
    const { statements, published, repeated } = imported;
    expect(published! + repeated!).toBe(statements);
    const out = join(stranger, `${name}.mm`);
    const exported = await runJson<Record<string, number>>([
      "mm",
      "export",
      name,
      out,
      "--dir",
      stranger,
    ]);
    expect(exported).toMatchObject({ exitCode: 0, grade: "checked-here", confidence: 1 });
    expect(exported["theorems"]! + exported["axioms"]! + exported["repeated"]!).toBe(statements);
    expect(metamathObjection(out)).toBeUndefined();
    // A second import finds each proof there already.
    const again = await runJson<Record<string, number>>(words);
    expect(again).toMatchObject({ exitCode: 0, published: 0 });
    // What came out has other bytes, and rests on the same, or on less: on the better proof of
    // what is proved twice. After that nothing is left to be said.
    const round = async (as: string): Promise<Record<string, number>> =>
      runJson<Record<string, number>>(["mm", "import", out, "--name", as, "--dir", folder]);
    const once = await round(`${name}-once`);
    if (repeated === 0) expect(once["published"]).toBe(0);
    expect(await round(`${name}-twice`)).toMatchObject({ exitCode: 0, published: 0 });
  });
});
