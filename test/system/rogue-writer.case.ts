import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyFile, readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client, Signer } from "../../client/connect.ts";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import type { RunningGateway } from "../../client/gateway/run-gateway.ts";
import { eventually, metric } from "../../client/gateway/testing/door-world.ts";
import { GRADE_ATTESTED } from "../../consensus/wire/rows.ts";
import type { AdministrationParts } from "../../consensus/wire/write-set.ts";
import { ADMINISTRATION_ENROL, ADMINISTRATION_NAMESPACE } from "../../consensus/wire/write-set.ts";

/** For a machine that does something else beside; nothing is concluded from it. */
const TIME_MS_MAX = 540_000;
/** Races that run at once. */
const LANE_COUNT = 16;
const POLL_MS = 20;
const KEY_COUNT = 10;

/** The pull request's writer has no grant here … */
const DENIED = "main-denied";
/** … and one here, where only the operator of main counts: its votes are kept as evidence. */
const TRUSTED = "main-trusted";
const PAIR = "pair";

/**
 * A pull request's job and main's, each with its own key behind a gateway of its own, put different
 * bytes under the same keys of main while a third gateway, without a key, reads them.
 */
export function describeRogueWriter(raceCount: number): void {
  describe("a writer that main does not trust", () => {
    let cluster: LocalCluster;
    let operator: Client;
    let main: RunningGateway;
    let pull: RunningGateway;
    let reader: RunningGateway;
    const clients: Client[] = [];

    const keyOf = (name: string): Signer => createKeyFile(join(cluster.folder, `${name}.json`));
    const enrol = async (signer: Signer, name: string, namespaces: string[]): Promise<void> => {
      const { publicKey: subject } = signer;
      await operator.administer("", {
        ...{ action: ADMINISTRATION_ENROL, subject, operator: name, namespaces },
      });
    };
    const rule = (namespace: string, parts: Omit<AdministrationParts, "action">) =>
      operator.administer(namespace, { action: ADMINISTRATION_NAMESPACE, ...parts });
    const clientOf = async (signer: Signer): Promise<Client> => {
      const client = await connect({ genesis: cluster.genesis, signer });
      clients.push(client);
      return client;
    };

    beforeAll(async () => {
      cluster = await LocalCluster.start();
      operator = await clientOf(readKeyFile(join(cluster.folder, "operator", "key.json")));
      const signers = [keyOf("main"), keyOf("pull")] as const;
      await enrol(signers[0], "op-main", [DENIED, TRUSTED]);
      await enrol(signers[1], "op-pull", ["pulls", TRUSTED]);
      await rule(TRUSTED, { confirmations: 1, trusted: ["op-main"] });
      await rule(PAIR, { confirmations: 2 });
      const open = (name: string, signer?: Signer): Promise<RunningGateway> =>
        runGateway({
          ...{ genesis: cluster.genesis, signer, folder: join(cluster.folder, name) },
          doorDeadlineMs: 20_000,
        });
      [main, pull, reader] = await Promise.all([
        open("main", signers[0]),
        open("pull", signers[1]),
        open("reader"),
      ]);
      for (const { url } of [main, pull, reader]) {
        await eventually(async () => (await fetch(`${url}/readyz`)).ok);
      }
    });
    afterAll(async () => {
      for (const gateway of [main, pull, reader]) await gateway?.close();
      for (const client of clients) await client.close();
      await cluster?.stop();
    });

    it(
      `races main to ${raceCount} keys: none of its values reaches a reader of main`,
      { timeout: TIME_MS_MAX },
      async () => {
        const served = { right: 0, wrong: 0 };
        const race = async (round: number): Promise<void> => {
          const path = pathOf(round);
          const right = `right ${round}`;
          const put = (gateway: RunningGateway, body: string): Promise<void> =>
            send(gateway, path, body);
          const rogue = (): Promise<void> => put(pull, `wrong ${round}`);
          // Whose PUT comes first is drawn by the round; else both are on their way at once.
          if (round % 3 === 0) await rogue();
          if (round % 3 === 1) await put(main, right);
          const puts = [...(round % 3 === 0 ? [] : [rogue()])];
          if (round % 3 !== 1) puts.push(put(main, right));
          await eventually(async () => {
            const body = await read(reader, path);
            if (body !== undefined) served[body === right ? "right" : "wrong"]++;
            else await new Promise((resolve) => setTimeout(resolve, POLL_MS));
            return body !== undefined;
          });
          await Promise.all(puts);
        };
        const rounds = Array.from({ length: raceCount }, (_, round) => round).values();
        const lane = async (): Promise<void> => {
          for (const round of rounds) await race(round);
        };
        await Promise.all(Array.from({ length: LANE_COUNT }, lane));
        expect(served).toEqual({ right: raceCount, wrong: 0 });

        // All of it has been judged by now, and again nobody but the rogue itself is answered it.
        const depth = "quorate_gateway_journal_depth";
        for (const { url } of [main, pull])
          await eventually(async () => (await metric(url, depth)) === 0);
        for (let round = 0; round < raceCount; round++) {
          expect(await read(reader, pathOf(round))).toBe(`right ${round}`);
        }
        await expectRecord(raceCount);
      },
    );

    /** Each attempt is on record: as evidence in the entry's row, or as a refusal that is counted. */
    async function expectRecord(count: number): Promise<void> {
      const denied = Math.ceil(count / 2);
      // From here on this client reads nothing from before the last race.
      await operator.stat(TRUSTED, "key-1", { kind: "linearizable" });
      for (let round = 1; round < count; round += 2) {
        const found = await operator.stat(TRUSTED, `key-${round}`);
        const votes = found.status === "hit" ? found.entry.votes : [];
        expect(votes.map((vote) => vote.operator)).toEqual(["op-main", "op-pull"]);
      }
      const refused = 'quorate_gateway_publications_total{outcome="dropped"}';
      expect(await metric(pull.url, refused)).toBe(denied);
      // Each replica counts what it executed; one may have got a part of it as state.
      const name = 'quorate_writes_not_accepted_total{outcome="NOT_ALLOWED"}';
      let counted = 0;
      for (let index = 0; index < cluster.replicaCount; index++) {
        counted += await metric(cluster.url(index, ""), name);
      }
      expect(counted).toBeGreaterThanOrEqual(denied);
    }

    it(`confirms nothing with ${KEY_COUNT} keys of one operator`, async () => {
      const value = new TextEncoder().encode("said ten times");
      const puts = Array.from({ length: KEY_COUNT }, async (_, index) => {
        const signer = keyOf(`sybil-${index}`);
        await enrol(signer, "op-sybil", [PAIR]);
        return (await (await clientOf(signer)).put(PAIR, "key", value)).outcome;
      });
      expect(await Promise.all(puts)).toEqual(Array(KEY_COUNT).fill("pending"));
      expect((await operator.get(PAIR, "key", { kind: "linearizable" })).status).toBe("miss");
      expect(await read(reader, `/cache/${PAIR}/key`)).toBeUndefined();

      const second = keyOf("second");
      await enrol(second, "op-second", [PAIR]);
      const { outcome } = await (await clientOf(second)).put(PAIR, "key", value);
      expect(outcome).toBe("accepted");
      const found = await operator.get(PAIR, "key", { kind: "linearizable" });
      expect(found).toMatchObject({ status: "hit", entry: { grade: GRADE_ATTESTED } });
      if (found.status === "hit") expect(found.entry.votes).toHaveLength(2);
    });
  });
}

function pathOf(round: number): string {
  return `/cache/${round % 2 === 0 ? DENIED : TRUSTED}/key-${round}`;
}

async function send({ url }: RunningGateway, path: string, body: string): Promise<void> {
  const answer = await fetch(`${url}${path}`, { method: "PUT", body });
  expect(answer.headers.get("x-quorate-put")).toBe("stored");
}

/** What is served; undefined: a miss. */
async function read({ url }: RunningGateway, path: string): Promise<string | undefined> {
  const answer = await fetch(`${url}${path}`);
  const body = await answer.text();
  if (answer.status !== 200) return undefined;
  expect(answer.headers.get("x-quorate-certainty")).toBe("certified");
  return body;
}
