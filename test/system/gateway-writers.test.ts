import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyFile, readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import type { RunningGateway } from "../../client/gateway/run-gateway.ts";
import { eventually, metric, noise } from "../../client/gateway/testing/door-world.ts";
import { rawRequest } from "../../client/gateway/testing/raw-request.ts";
import type { RawAnswer } from "../../client/gateway/testing/raw-request.ts";
import { ADMINISTRATION_ENROL } from "../../consensus/wire/write-set.ts";
import type { AdministrationParts } from "../../consensus/wire/write-set.ts";
import { runQuorate } from "../run-quorate.ts";

/** Alice has ten keys, Bob has one: ten tokens of hers at one gateway, and one of his. */
const ALICES = Array.from({ length: 10 }, (_, number) => `alice-${number}`);

describe("many writers behind one gateway of four replicas, where two operators confirm", () => {
  let cluster: LocalCluster;
  let gateway: RunningGateway;

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    const policy = ["policy", "set", "pair", "--confirmations", "2", "--dir", cluster.folder];
    expect((await runQuorate(policy)).exitCode).toBe(0);
    const names = [...ALICES, "bob"];
    const tokens: object[] = names.map((name) => {
      return { name, sha256: sha256(name), write: ["pair"], key: `${name}.key.json` };
    });
    await enrol(names);
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

  /** All at once: a command for each would be most of this test. */
  async function enrol(names: readonly string[]): Promise<void> {
    const signer = readKeyFile(join(cluster.folder, "operator", "key.json"));
    const operator = await connect({ genesis: cluster.genesis, signer });
    try {
      await Promise.all(names.map((name) => operator.administer("", enrolment(name))));
    } finally {
      await operator.close();
    }
  }

  const enrolment = (name: string): AdministrationParts => ({
    action: ADMINISTRATION_ENROL,
    subject: createKeyFile(join(cluster.folder, `${name}.key.json`)).publicKey,
    operator: name.startsWith("alice") ? "op-alice" : "op-bob",
    namespaces: ["pair"],
    confirmations: 0,
    key: undefined,
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
    // A reader's root may be from before them.
    const reason = async (): Promise<unknown> =>
      (await ask("reader", "GET")).headers["x-quorate-miss"];
    await eventually(async () => (await reason()) === "not-confirmed");
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
