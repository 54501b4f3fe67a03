import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import { checkProof } from "../../proof/metamath/check-proof.ts";
import { METAMATH_1, readDatabase } from "../../proof/metamath/database.ts";
import type { Database } from "../../proof/metamath/database.ts";
import { DATABASE_BUDGET, PROOF_BUDGET } from "../../proof/metamath/metamath-1.ts";
import { PageWriter } from "../../proof/metamath/proof-page.ts";

/**
 * One import of a database, in a process of its own so that its CPU time and its memory are all of
 * it: `cold` reads, checks every proof, computes every key and closure and writes every stored
 * proof; `known` does it again with the keys that `cold` wrote down; `single` checks each stored
 * proof by itself, as a client does with what it is sent.
 */
const SINGLE_RUNS = 3;

const hash = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

function read(file: string, isKnown?: (payload: Uint8Array) => boolean): Database {
  const { result } = readDatabase(new Uint8Array(readFileSync(file)), DATABASE_BUDGET, {
    onRefused: ({ label, refused }) => {
      throw new Error(`${label}: ${refused.reason}`);
    },
    ...(isKnown !== undefined && { isKnown }),
  });
  if (result.status !== "accept") throw new Error(result.reason);
  return result.value;
}

function keysOf(database: Database): ReadonlyMap<number, Hash> {
  const keys = new Map<number, Hash>();
  for (const one of database.assertions()) keys.set(one, database.keyOf(hash, one));
  return keys;
}

function cold(file: string, keyFile: string): object {
  const database = read(file);
  const checked = process.cpuUsage();
  const keys = keysOf(database);
  const writer = new PageWriter(database, (one) => keys.get(one)!);
  let [bytes, theorems] = [0, 0];
  for (const one of keys.keys()) {
    if (!database.isTheorem(one)) continue;
    bytes += writer.proofOf(one).length;
    theorems++;
  }
  const cpu = process.cpuUsage();
  writeFileSync(keyFile, [...keys.values()].map(toHex).join("\n"));
  return { theorems, bytes, checkSeconds: checked.user / 1e6, seconds: cpu.user / 1e6 };
}

function known(file: string, keyFile: string): object {
  const keys = new Set(readFileSync(keyFile, "latin1").split("\n"));
  let hits = 0;
  read(file, (payload) => {
    const hit = keys.has(toHex(keyOfObligation(hash, { kind: METAMATH_1, payload })));
    if (hit) hits++;
    return hit;
  });
  return { hits, seconds: process.cpuUsage().user / 1e6 };
}

function single(file: string): object {
  const database = read(file);
  const keys = keysOf(database);
  const payloads = new Map([...keys].map(([one, key]) => [toHex(key), database.payloadOf(one)]));
  const writer = new PageWriter(database, (one) => keys.get(one)!);
  const cited = (key: Hash): Uint8Array | undefined => payloads.get(toHex(key));
  const times: number[] = [];
  for (const one of keys.keys()) {
    if (!database.isTheorem(one)) continue;
    const evidence = { payload: database.payloadOf(one), proof: writer.proofOf(one), cited };
    let best = Infinity;
    for (let run = 0; run < SINGLE_RUNS; run++) {
      const start = process.hrtime.bigint();
      checkProof(evidence, PROOF_BUDGET);
      best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6);
    }
    times.push(best);
  }
  times.sort((left, right) => left - right);
  const at = (share: number): number => times[Math.floor(share * (times.length - 1))]!;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

const [, , mode = "", file = "", keyFile = ""] = process.argv;
const run = { cold, known, single }[mode];
if (run === undefined) throw new Error(`no such import: ${mode}`);
const measured = run(file, keyFile);
const megabytes = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ ...measured, megabytes }));
