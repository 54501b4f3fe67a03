import { setTimeout as sleep } from "node:timers/promises";
import { readKeyFile } from "../../base/host/key-file.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { loadJournals } from "../../cluster/causal/load-journals.ts";
import { verifyJournals } from "../../cluster/causal/verify-journals.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { parseGenesis } from "../../consensus/genesis-file.ts";
import { verifyEvidence } from "../../consensus/evidence/verify-evidence.ts";
import { verifyReceipt } from "../../consensus/receipt/verify-receipt.ts";
import type { ReplicaStatus } from "../../node/status.ts";
import { checkHistory } from "../checkers/check-history.ts";
import type { ChaosCluster } from "../cluster/chaos-cluster.ts";
import { NAMESPACE, sha256 } from "./client-loop.ts";
import type { Recorder } from "./recorder.ts";
import type { Verdict } from "./result.ts";

export interface JudgeOptions {
  readonly cluster: ChaosCluster;
  readonly recorder: Recorder;
  /** What the gateway took. */
  readonly taken: ReadonlyMap<string, string>;
  readonly liars: readonly number[];
  readonly convicts: boolean;
}

const ACKNOWLEDGED_KEPT = "no acknowledged write is lost";

/** Generous: a run is judged by what it says, not by how long it takes to say it. */
const CONVERGE_MS_MAX = 180_000;
const READ_MS_MAX = 60_000;
const READS_AT_ONCE = 16;
/** Whoever misses so many is judged: on a cluster that stands still each read takes its time. */
const MISSING_COUNT_MAX = 32;
/** Of each replica by itself. */
const VALUES_ASKED_MAX = 50;

/** All verdicts on one run, whose faults are healed and whose clients have stopped. */
export async function judge(
  options: JudgeOptions,
): Promise<{ readonly verdicts: readonly Verdict[]; readonly more: Record<string, number> }> {
  const { cluster, recorder } = options;
  const beganMs = performance.now();
  const converged = await converge(options);
  const more = { convergedMs: Math.round(performance.now() - beganMs) };
  return {
    more,
    verdicts: [
      linearizable(recorder),
      ...(await allKept(options)),
      bytesRight(recorder),
      await storesRight(options),
      receiptsValid(cluster, recorder),
      ...(await evidence(options)),
      converged,
      await nobodyHalted(options),
      await causal(cluster),
    ],
  };
}

/** Asks a client that knows nothing of the run. */
async function allKept(options: JudgeOptions): Promise<readonly Verdict[]> {
  const { cluster, recorder, taken } = options;
  let reader: Client;
  try {
    reader = await connect({
      genesis: cluster.genesis,
      signer: readKeyFile(cluster.folder.writerKey),
      deadlineMs: READ_MS_MAX,
    });
  } catch (error) {
    // Nobody can read them any more.
    return [verdict(ACKNOWLEDGED_KEPT, [(error as Error).message], "")];
  }
  try {
    const { acknowledged } = recorder;
    const wrong = await missing(reader, acknowledged);
    const kept = verdict(ACKNOWLEDGED_KEPT, wrong, `${acknowledged.size} writes read back`);
    return [kept, await gatewayKept(reader, taken, kept.holds)];
  } finally {
    await reader.close();
  }
}

function verdict(name: string, wrong: readonly string[], counted: string): Verdict {
  const holds = wrong.length === 0;
  const shown = wrong.slice(0, 5).join("; ");
  return { name, holds, detail: holds ? counted : `${wrong.length} wrong: ${shown}` };
}

function linearizable({ history }: Recorder): Verdict {
  const judgement = checkHistory(history);
  const wrong = judgement.keys.filter((key) => key.verdict === "not linearizable");
  const faults = judgement.orderFaults.map(
    ({ what, operations }) =>
      `${what}: ${operations.map((at) => JSON.stringify(history.operations[at])).join(" / ")}`,
  );
  return verdict(
    "every key is linearizable, every session goes forward",
    [...wrong.map(({ key, order }) => `key ${key} after ${order.length}`), ...faults],
    `${history.operations.length} operations on ${judgement.keys.length} keys: ${judgement.verdict}`,
  );
}

/** A cluster that has lost what it acknowledged is not waited for. */
async function gatewayKept(
  reader: Client,
  taken: ReadonlyMap<string, string>,
  waits: boolean,
): Promise<Verdict> {
  const deadline = Date.now() + (waits ? CONVERGE_MS_MAX : 0);
  let wrong = await missing(reader, taken);
  // It had said "on its way": its journal brings it there by itself.
  while (wrong.length > 0 && Date.now() < deadline) {
    await sleep(250);
    wrong = await missing(reader, taken);
  }
  return verdict("what the gateway took reaches the cluster", wrong, `${taken.size} entries`);
}

async function missing(
  reader: Client,
  expected: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const entries = [...expected];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let entry = entries[next++]; entry !== undefined; entry = entries[next++]) {
      if (wrong.length >= MISSING_COUNT_MAX) return;
      const [key, digest] = entry;
      try {
        const found = await reader.get(NAMESPACE, key, { kind: "certified" });
        if (found.status !== "hit") wrong.push(`${key} is not there`);
        else if (sha256(await found.value.read()) !== digest) wrong.push(`${key} has other bytes`);
      } catch (error) {
        wrong.push(`${key}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, work));
  return wrong;
}

function bytesRight({ wrongBytes, samples }: Recorder): Verdict {
  const wrong = Array.from({ length: wrongBytes }, () => "bytes that are not the entry's");
  return verdict("no wrong byte was handed out", wrong, `${samples.length} calls`);
}

/** Asks each replica alone: whoever reads through a client is spared what others have damaged. */
async function storesRight({ cluster, recorder, liars }: JudgeOptions): Promise<Verdict> {
  const digests = [...new Set(recorder.acknowledged.values())];
  const step = Math.max(1, Math.floor(digests.length / VALUES_ASKED_MAX));
  const asked = digests.filter((_, at) => at % step === 0);
  const wrong: string[] = [];
  let count = 0;
  const ask = async (index: number): Promise<void> => {
    for (const digest of asked) {
      const bytes = await cluster.fetch(index, `/blob/${digest}`);
      if (bytes === undefined) continue;
      count++;
      if (sha256(bytes) !== digest) wrong.push(`replica ${index} has other bytes for ${digest}`);
    }
  };
  await Promise.all(honest(cluster, liars).map(ask));
  return verdict("no honest replica hands out damaged bytes", wrong, `${count} values`);
}

function receiptsValid(cluster: ChaosCluster, { receipts }: Recorder): Verdict {
  const genesis = parseGenesis(nodeCrypto.hash, cluster.genesis);
  const wrong = receipts.flatMap((receipt) => {
    const judged = verifyReceipt(nodeCrypto, genesis, receipt);
    return judged.valid ? [] : [judged.code];
  });
  return verdict("every receipt verifies offline", wrong, `${receipts.length} receipts`);
}

/** Sound: nobody honest is accused. Complete: who must be convicted is, offline. */
async function evidence({ cluster, liars, convicts }: JudgeOptions): Promise<readonly Verdict[]> {
  const wrong: string[] = [];
  const convicted = new Set<number>();
  let count = 0;
  for (const index of honest(cluster, liars)) {
    const text = await cluster.get(index, "/evidence");
    if (text === undefined) continue;
    const list = (
      JSON.parse(text) as { readonly evidence: readonly { name: string; accused: number }[] }
    ).evidence;
    for (const { name, accused } of list) {
      count++;
      const bytes = await cluster.fetch(index, `/evidence/${name}`);
      const seat = bytes && seatAccused(cluster, bytes, accused);
      if (seat === undefined) wrong.push(`evidence ${name} of replica ${index} does not hold`);
      else if (!liars.includes(seat)) wrong.push(`replica ${seat} is honest and accused`);
      else convicted.add(seat);
    }
  }
  const sound = verdict("evidence accuses liars only", wrong, `${count} pieces`);
  if (!convicts) return [sound];
  const free = liars
    .filter((liar) => !convicted.has(liar))
    .map((liar) => `replica ${liar} is free`);
  return [sound, verdict("the liar is convicted offline", free, `${convicted.size} convicted`)];
}

/** Whom it convicts, in whichever epoch it was; undefined: nobody. */
function seatAccused(
  { seating }: ChaosCluster,
  bytes: Uint8Array,
  index: number,
): number | undefined {
  for (const committee of seating.committees) {
    const judged = verifyEvidence(nodeCrypto, committee, bytes);
    if (judged.valid) return seating.seatOf(judged.epoch, index);
  }
  return undefined;
}

/** All honest replicas run, serve, and have the same root at the same sequence. */
async function converge({ cluster, liars }: JudgeOptions): Promise<Verdict> {
  const name = "all honest replicas come to one state";
  const deadline = Date.now() + CONVERGE_MS_MAX;
  for (;;) {
    const all = await statuses(cluster, liars);
    const told = all.map((status) =>
      status === undefined ? "silent" : `${status.sequence} ${status.stateRoot}`,
    );
    if (new Set(told).size === 1 && all.every((status) => status?.ready === true)) {
      return { name, holds: true, detail: `sequence ${all[0]!.sequence}` };
    }
    if (Date.now() > deadline) return { name, holds: false, detail: told.join("; ") };
    await sleep(50);
  }
}

async function nobodyHalted({ cluster, liars }: JudgeOptions): Promise<Verdict> {
  const all = await statuses(cluster, liars);
  const wrong = all.flatMap((status) =>
    status === undefined || (!status.halted && !status.amnesiac)
      ? []
      : [`replica ${status.index} ${status.halted ? "halted" : "forgot"}`],
  );
  return verdict("nobody halted or forgot", wrong, `${all.length} replicas`);
}

async function causal(cluster: ChaosCluster): Promise<Verdict> {
  const name = "no effect comes before its cause";
  // Events wait up to a second for their block.
  await sleep(1_200);
  const { findings, findingCount, events } = verifyJournals(
    await loadJournals(cluster.folder.root),
  );
  const detail = `${events} events${findingCount > 0 ? `: ${JSON.stringify(findings.slice(0, 3))}` : ""}`;
  return { name, holds: findingCount === 0, detail };
}

function honest({ indexes }: ChaosCluster, liars: readonly number[]): readonly number[] {
  return indexes.filter((index) => !liars.includes(index));
}

function statuses(
  cluster: ChaosCluster,
  liars: readonly number[],
): Promise<readonly (ReplicaStatus | undefined)[]> {
  return Promise.all(honest(cluster, liars).map((index) => cluster.status(index)));
}
