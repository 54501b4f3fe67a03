import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import type { RunningGateway } from "../../client/gateway/run-gateway.ts";
import { eventually, metric, noise } from "../../client/gateway/testing/door-world.ts";
import { rawRequest } from "../../client/gateway/testing/raw-request.ts";
import type { RawAnswer } from "../../client/gateway/testing/raw-request.ts";
import { runQuorate } from "../run-quorate.ts";

/** Alice has ten keys, Bob has one: ten tokens of hers at one gateway, and one of his. */
const ALICES = Array.from({ length: 10 }, (_, number) => `alice-${number}`);

describe("many writers behind one gateway of four replicas, where two operators confirm", () => {
  let cluster: LocalCluster;
  let gateway: RunningGateway;

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    const quorate = async (...args: string[]): Promise<void> => {
      expect((await runQuorate([...args, "--dir", cluster.folder])).exitCode).toBe(0);
    };
    await quorate("policy", "set", "pair", "--confirmations", "2");
    const tokens: object[] = [];
    for (const name of [...ALICES, "bob"]) {
      const key = `${name}.key.json`;
      createKeyFile(join(cluster.folder, key));
      const operator = name.startsWith("alice") ? "op-alice" : "op-bob";
      await quorate(
        "writer",
        "add",
        join(cluster.folder, key),
        "--operator",
        operator,
        "--to",
        "pair",
      );
      tokens.push({ name, sha256: sha256(name), write: ["pair"], key });
    }
    tokens.push({ name: "reader", sha256: sha256("reader"), read: ["pair"] });
    const file = { format: 1, type: "quorate-tokens", tokens };
    const tokenFile = join(cluster.folder, "tokens.json");
    writeFileSync(tokenFile, JSON.stringify(file), { mode: 0o600 });
    const genesis = readFileSync(join(cluster.folder, "cluster.json"), "utf8");
    const folder = join(cluster.folder, "shared-gateway");
    gateway = await runGateway({ genesis, folder, tokenFile });
    await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
  });
  afterAll(async () => {
    await gateway?.close();
    await cluster?.stop();
  });

  const ask = (token: string, method: string, body?: Uint8Array): Promise<RawAnswer> => {
    const headers = { Authorization: `Bearer ${token}` };
    return rawRequest(gateway.url, "/cache/pair/k", { method, body, headers });
  };

  it("ten keys of one operator confirm nothing; another operator's does", async () => {
    const body = noise(3_000, "what both have made");
    for (const name of ALICES) {
      expect((await ask(name, "PUT", body)).status).toBe(201);
    }
    const published = 'quorate_gateway_publications_total{outcome="published"}';
    await eventually(async () => (await metricOf(published)) === ALICES.length);
    const miss = await ask("reader", "GET");
    expect([miss.status, miss.headers["x-quorate-miss"]]).toEqual([404, "not-confirmed"]);
    expect((await ask("bob", "GET")).status).toBe(404);

    expect((await ask("bob", "PUT", body)).status).toBe(201);
    await eventually(async () => (await ask("reader", "GET")).status === 200);
    const hit = await ask("reader", "GET");
    expect(hit.headers["x-quorate-certainty"]).toBe("certified");
    expect(hit.body.equals(body)).toBe(true);
  });

  async function metricOf(line: string): Promise<number> {
    const headers = { Authorization: "Bearer reader" };
    return metric(gateway.url, line, headers);
  }
});

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
