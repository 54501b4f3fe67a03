import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { builtModule } from "../../node/testing/built-module.ts";
import { runJson } from "../run-quorate.ts";
import type { Ran } from "../run-quorate.ts";
import { askStatus } from "./equal-roots.ts";

interface Answer {
  readonly sequence?: number;
  readonly found?: boolean;
  readonly valueBase64?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

const REPLICAS = [0, 1, 2, 3];
/** A replica that has a write set of a client hands it to the primary. */
const HANDED_ON = 'quorate_frames_sent_total{kind="forward"}';
/** Replicas that wait longer for their primary than this test takes to freeze them, wherever it runs. */
const PATIENT = `const { runReplica } = await import(${JSON.stringify(builtModule("node/run-replica.ts"))});
  const timing = { requestMs: 30_000, requestMsMax: 30_000 };
  await runReplica({ folder: process.argv[1], logLevel: "silent", timing });`;

describe("quorate put against a cluster that freezes after it has taken the write", () => {
  let cluster: LocalCluster;
  const frozen = new Set<number>();

  beforeAll(async () => {
    cluster = await LocalCluster.create();
    for (const index of REPLICAS) cluster.launch(index, ["--input-type=module", "-e", PATIENT]);
    await Promise.all(REPLICAS.map((index) => cluster.ready(index)));
  });
  afterAll(async () => {
    thaw();
    await cluster?.stop();
  });

  function signal(index: number, name: "SIGSTOP" | "SIGCONT"): void {
    process.kill(cluster.pids[index]!, name);
    if (name === "SIGSTOP") frozen.add(index);
    else frozen.delete(index);
  }

  function thaw(): void {
    for (const index of frozen) signal(index, "SIGCONT");
  }

  function put(key: string, timeoutS: number): Promise<Answer & Pick<Ran, "exitCode">> {
    const args = ["put", "default", key, "-", "--dir", cluster.folder];
    return runJson<Answer>([...args, "--timeout", String(timeoutS)], { input: "perhaps" });
  }

  /** The primary first: the others then hold the set, and order nothing without it. */
  async function putAndFreeze(key: string): Promise<Answer & Pick<Ran, "exitCode">> {
    const { primary } = await askStatus(cluster);
    const others = REPLICAS.filter((index) => index !== primary);
    const handedOn = (): Promise<number> => cluster.metric(others[0]!, HANDED_ON);
    const before = await handedOn();
    signal(primary, "SIGSTOP");
    const putting = put(key, 5);
    const ended = putting.then(() => "ended" as const);
    while ((await Promise.race([ended, handedOn()])) === before) continue;
    for (const index of others) signal(index, "SIGSTOP");
    return putting;
  }

  it("ends with 75 and says what to do, and the key tells later what became of it", async () => {
    const key = "a-key";
    const answer = await putAndFreeze(key);
    thaw();
    expect(answer).toMatchObject({ exitCode: 75, error: { code: "OUTCOME_UNKNOWN" } });
    expect(answer.error?.hint).toContain("read the key");

    // Applied or not, and one of the two for good.
    const read = await runJson<Answer>(["get", "default", key, "--dir", cluster.folder]);
    expect([0, 4]).toContain(read.exitCode);
    const again = await put(key, 50);
    expect(again.exitCode).toBe(0);
    const last = await runJson<Answer>(["get", "default", key, "--dir", cluster.folder]);
    expect(last.exitCode).toBe(0);
    expect(Buffer.from(last.valueBase64 ?? "", "base64").toString()).toBe("perhaps");
  });
});
