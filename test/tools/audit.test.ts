import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readAuditLog } from "../../client/gateway/audit/audit-log.ts";
import type { AuditRecord } from "../../client/gateway/audit/audit-record.ts";
import { auditFolder } from "../../client/gateway/start-gateway.ts";
import type { RunningGateway } from "../../client/gateway/start-gateway.ts";
import { eventually, metric, openDoor } from "../../client/gateway/testing/door-world.ts";
import { rawRequest } from "../../client/gateway/testing/raw-request.ts";
import { ScriptedCluster } from "../../client/gateway/testing/scripted-cluster.ts";
import { ENTRY_CONFIRMED } from "../../consensus/wire/rows.ts";
import { hasTool } from "./ccache-build.ts";

const missing = ["ccache", "gcc"].filter((name) => !hasTool(name));
const title =
  missing.length === 0
    ? "an audited gateway under a real ccache and gcc"
    : `an audited gateway; skipped: ${missing.join(", ")}: run bin/system-packages.js as root`;

/** How often ccache is given the chance to upload what it made. */
const ATTEMPT_COUNT_MAX = 3;
const ROUNDS_PER_ATTEMPT = 500;

describe.skipIf(missing.length > 0)(title, () => {
  let folder: string;
  let cluster: ScriptedCluster;
  let filling: RunningGateway;
  let audited: RunningGateway;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-audit-tools-"));
    cluster = new ScriptedCluster();
    filling = await openDoor(join(folder, "filling"), cluster, { doorDeadlineMs: 10_000 });
    const options = { doorDeadlineMs: 10_000, auditShare: 1 };
    audited = await openDoor(join(folder, "audited"), cluster, options);
    for (const { url } of [filling, audited]) {
      await eventually(async () => (await rawRequest(url, "/readyz")).status === 200);
    }
  });
  afterEach(async () => {
    await filling.close();
    await audited.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** In a folder of its own with no local cache, so that all comes from the gateway. */
  async function compile(where: string, source: string, gateway: RunningGateway): Promise<void> {
    const at = join(folder, where);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, "unit.c"), source);
    const environment = {
      ...process.env,
      CCACHE_DIR: mkdtempSync(join(folder, "ccache-")),
      CCACHE_CONFIGPATH: "/dev/null",
      CCACHE_DEPEND: "true",
      CCACHE_REMOTE_ONLY: "true",
      CCACHE_NOHASHDIR: "true",
      CCACHE_SLOPPINESS: "time_macros,include_file_mtime,include_file_ctime",
      CCACHE_REMOTE_STORAGE: `${gateway.url}/cache/team-a/|connect-timeout=10000`,
    };
    // Without the preprocessor's output in its key: that would tell times apart.
    const args = ["gcc", "-g", "-MMD", "-c", "unit.c", "-o", "unit.o"];
    await new Promise<void>((resolve, reject) => {
      const child = spawn("ccache", args, { cwd: at, env: environment, stdio: "ignore" });
      child.on("error", reject);
      child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`ccache: ${code}`))));
    });
  }

  /**
   * With its manifest, or the next compiler would not come to ask for the result. ccache may leave an
   * upload out on a busy machine, and nobody may rely on it: then it compiles once more.
   */
  async function filled(where: string, source: string, results: number): Promise<void> {
    for (let attempt = 1; attempt < ATTEMPT_COUNT_MAX; attempt++) {
      await compile(where, source, filling);
      for (let round = 0; round < ROUNDS_PER_ATTEMPT; round++) {
        if (await areCertified(results)) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    await compile(where, source, filling);
    await eventually(() => areCertified(results));
  }

  async function areCertified(results: number): Promise<boolean> {
    const rows = [...cluster.rows.values()];
    const kinds = rows.filter((row) => row.state === ENTRY_CONFIRMED).map(({ kind }) => kind);
    const isAll = kinds.filter((kind) => kind === "ccache-result/1").length === results;
    return isAll && (await metric(filling.url, "quorate_gateway_journal_depth")) === 0;
  }

  async function difference(): Promise<AuditRecord> {
    let found: AuditRecord | undefined;
    await eventually(async () => {
      const records = await readAuditLog(auditFolder(join(folder, "audited")));
      found = records.find(({ outcome }) => outcome === "differs");
      return found !== undefined;
    });
    return found as AuditRecord;
  }

  it("finds nothing in a unit that compiles to the same", async () => {
    const source = "int twice(int x) { return 2 * x; }\n";
    await filled("one", source, 1);
    await compile("one", source, audited);
    await eventually(async () => {
      const records = await readAuditLog(auditFolder(join(folder, "audited")));
      return records.length === 1 && records[0]?.outcome === "agreed";
    });
  });

  it("finds a planted __TIME__", async () => {
    const source = "const char built[] = __TIME__;\nint version(void) { return 3; }\n";
    await filled("one", source, 1);
    // The macro has seconds: another build of the same second would be the same.
    const second = Math.floor(Date.now() / 1000);
    await eventually(() => Math.floor(Date.now() / 1000) > second);
    await compile("one", source, audited);
    const { cause, findings } = await difference();
    expect(cause).toBe("timestamp");
    expect(findings?.[0]?.left).toMatch(/\d\d:\d\d:\d\d/);
    expect(findings?.every((finding) => finding.cause === "timestamp")).toBe(true);
  });

  it("finds a planted absolute path", async () => {
    const source = "int version(void) { return 3; }\n";
    await filled("checkout-of-ann", source, 1);
    await compile("elsewhere", source, audited);
    const { cause, findings } = await difference();
    expect(cause).toBe("absolute path");
    expect(findings?.[0]?.left).toContain("checkout-of-ann");
    expect(findings?.[0]?.right).toContain("elsewhere");
  });

  it("finds a planted poisoned entry", async () => {
    await filled("one", "int allowed(int user) { return user == 0; }\n", 1);
    const row = [...cluster.rows.values()].find(({ kind }) => kind === "ccache-result/1")!;
    // What a liar would have under the key: another unit's object file, well-formed.
    await filled("one", "int allowed(int user) { return user >= 0; }\n", 2);
    const other = [...cluster.rows.values()].find(
      ({ kind, name }) => kind === "ccache-result/1" && name !== row.name,
    )!;
    const evil = await rawRequest(filling.url, `/cache/team-a/${other.name}`);
    const { kind, semanticDigest } = other;
    cluster.place({ namespace: "team-a", name: row.name, bytes: evil.body, kind, semanticDigest });
    await compile("one", "int allowed(int user) { return user == 0; }\n", audited);
    const { cause, findings, key } = await difference();
    expect(key).toBe(row.name);
    expect(cause).toBe("poisoning");
    expect(findings?.[0]?.where).toBe("object .text");
  });
});
