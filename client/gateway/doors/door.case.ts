import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PublicKey, Signature } from "../../../base/types.ts";
import { startGateway } from "../start-gateway.ts";
import type { GatewayOptions, RunningGateway } from "../start-gateway.ts";
import { rawRequest } from "../testing/raw-request.ts";
import type { RawAnswer } from "../testing/raw-request.ts";
import { ScriptedCluster } from "../testing/scripted-cluster.ts";
import type { ReadScript } from "../testing/scripted-cluster.ts";

/** What a door's own test says of it; everything else is the same for all doors. */
export interface DoorCase {
  readonly id: string;
  /** A path that the door serves, by a number, so that tests have as many keys as they need. */
  readonly path: (index: number) => string;
  /** Namespace and name of that path. */
  readonly entry: (index: number) => { readonly namespace: string; readonly name: string };
  /** A body that the tool might put; different for each number. */
  readonly body: (index: number) => Uint8Array;
  readonly status: {
    readonly miss: number;
    readonly stored: readonly number[];
    readonly readOnlyPut: number;
    readonly overSize: number;
  };
}

export interface DoorWorld {
  readonly cluster: ScriptedCluster;
  readonly gateway: RunningGateway;
  readonly call: (path: string, options?: Parameters<typeof rawRequest>[2]) => Promise<RawAnswer>;
}

const SIGNER = {
  publicKey: new Uint8Array(32) as PublicKey,
  sign: (): Signature => new Uint8Array(64) as Signature,
};
const KEPT_MS = 300;

export async function openDoor(
  folder: string,
  cluster: ScriptedCluster | undefined,
  options: GatewayOptions = {},
): Promise<RunningGateway> {
  return startGateway(
    { folder, signer: SIGNER, doorDeadlineMs: KEPT_MS, ...options },
    cluster === undefined ? undefined : () => Promise.resolve(cluster.client()),
  );
}

/** Polls, because the work behind a PUT goes on after its answer. */
export async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it did not come to pass");
}

/** Counter of /metrics with these labels, 0 when it is not there. */
export async function metric(url: string, line: string): Promise<number> {
  const { body } = await rawRequest(url, "/metrics");
  const found = body
    .toString()
    .split("\n")
    .find((text) => text.startsWith(`${line} `));
  return found === undefined ? 0 : Number(found.slice(line.length + 1));
}

const READ_FAILURES: readonly (readonly [ReadScript, string])[] = [
  ["down", "unreachable"],
  ["no-quorum", "no-quorum"],
  ["view-change", "no-quorum"],
  ["forged", "no-quorum"],
  ["hang", "deadline"],
  ["truncated", "refused"],
  ["empty", "refused"],
  ["wrong-meaning", "refused"],
  ["surprise", "failed"],
];

/** The conformance suite: real HTTP, a real gateway, a cluster that fails on demand. */
export function describeDoor(door: DoorCase): void {
  describe(`door ${door.id}`, () => {
    let folder: string;
    let world: DoorWorld;
    const others: RunningGateway[] = [];

    async function open(options: GatewayOptions = {}): Promise<DoorWorld> {
      const cluster = new ScriptedCluster();
      const gateway = await openDoor(mkdtempSync(join(folder, "gateway-")), cluster, options);
      others.push(gateway);
      await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
      return { cluster, gateway, call: (path, call) => rawRequest(gateway.url, path, call) };
    }

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "quorate-door-"));
      world = await open();
    });

    afterEach(async () => {
      for (const gateway of others.splice(0)) await gateway.close();
      rmSync(folder, { recursive: true, force: true });
    });

    function place(index: number): void {
      world.cluster.place({ ...door.entry(index), bytes: door.body(index) });
    }

    describe("a read", () => {
      it("of nothing is a miss, and says why in a header", async () => {
        const answer = await world.call(door.path(1));
        expect(answer.status).toBe(door.status.miss);
        expect(answer.headers["x-quorate-miss"]).toBe("absent");
      });

      it("of a certified entry is the bytes, first from the cluster, then from memory", async () => {
        place(1);
        for (const level of ["cluster", "l1"]) {
          const answer = await world.call(door.path(1));
          expect(answer.status).toBe(200);
          expect(answer.body).toEqual(Buffer.from(door.body(1)));
          expect(answer.headers["content-length"]).toBe(String(door.body(1).length));
          expect(answer.headers["x-quorate-level"]).toBe(level);
          expect(answer.headers["x-quorate-certainty"]).toBe("certified");
        }
      });

      it.each(READ_FAILURES)("while the cluster is '%s' is a miss", async (script, reason) => {
        place(1);
        world.cluster.reads = script;
        const answer = await world.call(door.path(1));
        expect(answer.status).toBe(door.status.miss);
        expect(answer.headers["x-quorate-miss"]).toBe(reason);
        const line = `quorate_gateway_misses_total{reason="${reason}"}`;
        expect(await metric(world.gateway.url, line)).toBe(1);
        expect((await world.call(door.path(1), { method: "HEAD" })).status).toBeLessThan(500);
      });

      it("names what was refused in the counters", async () => {
        place(1);
        world.cluster.reads = "wrong-meaning";
        await world.call(door.path(1));
        world.cluster.reads = "forged";
        await world.call(door.path(1));
        const refused = (reason: string): Promise<number> =>
          metric(world.gateway.url, `quorate_gateway_refused_total{reason="${reason}"}`);
        expect(await refused("wrong-semantic-digest")).toBe(1);
        expect(await refused("forged-certificate")).toBe(3);
      });

      it("works again as soon as the cluster does", async () => {
        place(1);
        world.cluster.reads = "no-quorum";
        expect((await world.call(door.path(1))).status).toBe(door.status.miss);
        world.cluster.reads = "honest";
        expect((await world.call(door.path(1))).status).toBe(200);
      });

      it("of a revoked entry asks the cluster again", async () => {
        place(1);
        await world.call(door.path(1));
        world.cluster.rows.clear();
        world.cluster.revoke(door.entry(1).namespace, door.entry(1).name);
        expect((await world.call(door.path(1))).status).toBe(door.status.miss);
      });
    });

    describe("a kept entry while the revocation log cannot be followed", () => {
      it("is served as stale where that is allowed", async () => {
        place(1);
        await world.call(door.path(1));
        world.cluster.logAgeMs = 60_000;
        world.cluster.reads = "no-quorum";
        const answer = await world.call(door.path(1));
        expect(answer.status).toBe(200);
        expect(answer.headers["x-quorate-certainty"]).toBe("stale");
      });

      it("is a miss where that is not allowed", async () => {
        world = await open({ allowStale: false });
        place(1);
        await world.call(door.path(1));
        world.cluster.logAgeMs = 60_000;
        world.cluster.reads = "no-quorum";
        expect((await world.call(door.path(1))).status).toBe(door.status.miss);
      });
    });

    describe("a write", () => {
      it("is answered, read back as own, published, and then certified", async () => {
        world.cluster.writes = "hang";
        const put = await world.call(door.path(1), { method: "PUT", body: door.body(1) });
        expect(door.status.stored).toContain(put.status);
        const own = await world.call(door.path(1));
        expect(own.headers["x-quorate-certainty"]).toBe("own");
        expect(own.body).toEqual(Buffer.from(door.body(1)));
        world.cluster.writes = "honest";
        const next = await world.call(door.path(2), { method: "PUT", body: door.body(2) });
        expect(door.status.stored).toContain(next.status);
        await eventually(async () => {
          const answer = await world.call(door.path(2));
          return answer.headers["x-quorate-certainty"] === "certified";
        });
        expect(world.cluster.rows.size).toBe(1);
      });

      it.each(["down", "hang", "unsignable", "pending"] as const)(
        "while the cluster is '%s' does not fail the tool",
        async (script) => {
          world.cluster.writes = script;
          const put = await world.call(door.path(1), { method: "PUT", body: door.body(1) });
          expect(door.status.stored).toContain(put.status);
          expect((await world.call(door.path(1))).status).toBe(200);
        },
      );

      it("is published once the cluster is back", async () => {
        world.cluster.writes = "down";
        await world.call(door.path(1), { method: "PUT", body: door.body(1) });
        await eventually(() => world.cluster.submitted.length > 1);
        world.cluster.writes = "honest";
        await eventually(() => world.cluster.rows.size === 1);
        const sent = new Set(
          world.cluster.submitted.map((set) => Buffer.from(set.digest).toString("hex")),
        );
        expect(sent.size).toBe(1);
      });

      it("that could not be signed at first is signed once, and sent with that signature", async () => {
        world.cluster.writes = "unsignable";
        await world.call(door.path(1), { method: "PUT", body: door.body(1) });
        world.cluster.writes = "down";
        await eventually(() => world.cluster.submitted.length > 2);
        world.cluster.writes = "honest";
        await eventually(() => world.cluster.rows.size === 1);
        const sent = new Set(world.cluster.submitted.map((set) => set.digest.toString()));
        expect(sent.size).toBe(1);
      });

      it.each(["withdrawn", "unauthorised"] as const)(
        "that the cluster refuses for good ('%s') does not fail the tool, and is not kept as own",
        async (script) => {
          world.cluster.writes = script;
          const put = await world.call(door.path(1), { method: "PUT", body: door.body(1) });
          expect(door.status.stored).toContain(put.status);
          await eventually(async () => {
            const answer = await world.call(door.path(1));
            return answer.status === door.status.miss;
          });
        },
      );

      it("that lapsed is signed anew while the key is absent", async () => {
        world.cluster.writes = "lapsed";
        await world.call(door.path(1), { method: "PUT", body: door.body(1) });
        await eventually(() => world.cluster.rows.size === 1);
        expect(world.cluster.submitted).toHaveLength(2);
      });

      it("of another answer for an immutable key changes nothing and is counted", async () => {
        place(1);
        await world.call(door.path(1));
        const put = await world.call(door.path(1), { method: "PUT", body: door.body(2) });
        expect(door.status.stored).toContain(put.status);
        expect((await world.call(door.path(1))).body).toEqual(Buffer.from(door.body(1)));
        expect(await metric(world.gateway.url, "quorate_gateway_evidence")).toBe(1);
      });

      it("of another answer that only the cluster knows of gives way to it", async () => {
        place(1);
        await world.call(door.path(1), { method: "PUT", body: door.body(2) });
        await eventually(async () => {
          const answer = await world.call(door.path(1));
          return answer.body.equals(Buffer.from(door.body(1)));
        });
        expect(await metric(world.gateway.url, "quorate_gateway_evidence")).toBe(1);
      });

      it("may be chunked, and may wait for 100-continue", async () => {
        const chunked = { method: "PUT", body: door.body(1), chunked: true };
        expect(door.status.stored).toContain((await world.call(door.path(1), chunked)).status);
        const waiting = {
          method: "PUT",
          body: door.body(2),
          headers: { Expect: "100-continue" },
        };
        expect(door.status.stored).toContain((await world.call(door.path(2), waiting)).status);
        expect((await world.call(door.path(2))).body).toEqual(Buffer.from(door.body(2)));
      });

      it("that announces more than 1 GiB is refused at once", async () => {
        const headers = { "Content-Length": String(2 ** 30 + 1), Expect: "100-continue" };
        const put = await world.call(door.path(1), { method: "PUT", headers });
        expect(put.status).toBe(door.status.overSize);
      });

      it("to a full journal is kept here, dropped from publication, and counted", async () => {
        world = await open({ journal: { countMax: 1 } });
        world.cluster.writes = "hang";
        for (const index of [1, 2]) {
          const put = await world.call(door.path(index), { method: "PUT", body: door.body(index) });
          expect(door.status.stored).toContain(put.status);
          expect((await world.call(door.path(index))).status).toBe(200);
        }
        expect(await metric(world.gateway.url, "quorate_gateway_journal_dropped")).toBe(1);
        expect(await metric(world.gateway.url, "quorate_gateway_journal_depth")).toBe(1);
      });

      it("without a key looks as the tool wants it, is not kept, and breaks nothing", async () => {
        world = await open({ signer: undefined });
        place(2);
        const large = Buffer.alloc(3_000_000, "read to its end");
        for (const body of [door.body(1), large]) {
          for (const more of [{}, { Expect: "100-continue" }]) {
            const headers = { Connection: "keep-alive", ...more };
            const put = await world.call(door.path(1), { method: "PUT", body, headers });
            expect(put.status).toBe(door.status.readOnlyPut);
            expect(put.headers["x-quorate-put"]).toBe("read-only");
            // The connection stays: a tool that must dial anew may take it for a failure.
            expect(put.headers.connection).not.toBe("close");
          }
        }
        expect((await world.call(door.path(1))).status).toBe(door.status.miss);
        expect((await world.call(door.path(2))).status).toBe(200);
        const erased = await world.call(door.path(2), { method: "DELETE" });
        expect(erased.headers["x-quorate-delete"]).toBe("read-only");
        expect(erased.status).toBeLessThan(500);
        expect((await world.call(door.path(2))).status).toBe(200);
        const line = 'quorate_gateway_puts_total{outcome="read-only"}';
        expect(await metric(world.gateway.url, line)).toBe(4);
      });
    });

    describe("a large value", () => {
      const large = Buffer.alloc(5 * 1024 * 1024 + 17, "quorate");

      it("goes in and comes out in pieces", async () => {
        const put = await world.call(door.path(1), { method: "PUT", body: large });
        expect(door.status.stored).toContain(put.status);
        expect((await world.call(door.path(1))).body.equals(large)).toBe(true);
        await eventually(() => world.cluster.rows.size === 1);
      });

      it("comes from the cluster, then from disk", async () => {
        world.cluster.place({ ...door.entry(1), bytes: large });
        for (const level of ["cluster", "l2"]) {
          const answer = await world.call(door.path(1));
          expect(answer.body.equals(large)).toBe(true);
          expect(answer.headers["x-quorate-level"]).toBe(level);
        }
      });

      it("that was damaged on disk comes from the cluster again", async () => {
        const middling = Buffer.alloc(300_000, "damaged");
        world = await open({ memoryBytesMax: 1024 });
        world.cluster.place({ ...door.entry(1), bytes: middling });
        await world.call(door.path(1));
        // The cache writes behind: damage what is there until a read has met the damage.
        await eventually(async () => {
          const values = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
            (file) => file.isFile() && file.parentPath.includes("/cache/values/"),
          );
          for (const file of values) writeFileSync(join(file.parentPath, file.name), "rot");
          const answer = await world.call(door.path(1));
          expect(answer.body.equals(middling)).toBe(true);
          return answer.headers["x-quorate-level"] === "cluster";
        });
        const line = 'quorate_gateway_refused_total{reason="corrupt-on-disk"}';
        expect(await metric(world.gateway.url, line)).toBe(1);
      });

      it.each(["truncated", "wrong-meaning"] as const)(
        "that turns out '%s' ends early, never wrong",
        async (script) => {
          world.cluster.place({ ...door.entry(1), bytes: large });
          world.cluster.reads = script;
          const answer = await world.call(door.path(1));
          expect(answer.cutShort).toBe(true);
          world.cluster.reads = "honest";
          expect((await world.call(door.path(1))).body.equals(large)).toBe(true);
        },
      );
    });

    describe("HEAD and DELETE", () => {
      it("HEAD tells the size and sends no body", async () => {
        place(1);
        const head = await world.call(door.path(1), { method: "HEAD" });
        expect(head.status).toBe(200);
        expect(head.headers["content-length"]).toBe(String(door.body(1).length));
        expect((await world.call(door.path(2), { method: "HEAD" })).status).toBe(door.status.miss);
      });

      it("DELETE withdraws, for this gateway's readers at once", async () => {
        place(1);
        await world.call(door.path(1));
        expect((await world.call(door.path(1), { method: "DELETE" })).status).toBe(204);
        expect((await world.call(door.path(1))).status).toBe(door.status.miss);
        expect((await world.call(door.path(1), { method: "DELETE" })).status).toBe(404);
      });
    });

    it("keeps what is its own over a restart, and publishes it then", async () => {
      const home = mkdtempSync(join(folder, "home-"));
      const silent = new ScriptedCluster();
      silent.reads = "down";
      silent.writes = "unsignable";
      const first = await openDoor(home, silent);
      await rawRequest(first.url, door.path(1), { method: "PUT", body: door.body(1) });
      await first.close();
      const back = new ScriptedCluster();
      others.push(await openDoor(home, back));
      await eventually(() => back.rows.size === 1);
    });

    it("serves without any cluster in local mode", async () => {
      const local = await openDoor(mkdtempSync(join(folder, "local-")), undefined);
      others.push(local);
      await rawRequest(local.url, door.path(1), { method: "PUT", body: door.body(1) });
      const answer = await rawRequest(local.url, door.path(1));
      expect(answer.body).toEqual(Buffer.from(door.body(1)));
      expect(answer.headers["x-quorate-certainty"]).toBe("local");
    });
  });
}
