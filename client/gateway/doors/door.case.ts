import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { kindOf, semanticDigest } from "../../../proof/digest/registry.ts";
import type { GatewayOptions, RunningGateway } from "../start-gateway.ts";
import type { DoorCase, DoorWorld } from "../testing/door-case.ts";
import { startHash } from "../stream-hash.ts";
import { KEPT_MS, LARGE, MIDDLING, eventually, metric, openDoor } from "../testing/door-world.ts";
import { rawRequest } from "../testing/raw-request.ts";
import { ScriptedCluster } from "../testing/scripted-cluster.ts";
import type { ReadScript } from "../testing/scripted-cluster.ts";

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

/** What is no matter for a door is no test of it, rather than a skipped one. */
function itIf(condition: boolean): (title: string, test: () => Promise<void>) => void {
  return (title, test) => (condition ? it(title, test) : undefined);
}

function describeIf(condition: boolean): (title: string, tests: () => void) => void {
  return (title, tests) => (condition ? describe(title, tests) : undefined);
}

/** The conformance suite: real HTTP, a real gateway, a cluster that fails on demand. */
export function describeDoor(door: DoorCase): void {
  describe(`door ${door.id}`, () => {
    let folder: string;
    let world: DoorWorld;
    const others: RunningGateway[] = [];
    const send: NonNullable<DoorCase["call"]> =
      door.call ?? ((gateway, path, options) => rawRequest(gateway.url, path, options));

    async function open(options: GatewayOptions = {}): Promise<DoorWorld> {
      const cluster = new ScriptedCluster();
      const gateway = await openDoor(mkdtempSync(join(folder, "gateway-")), cluster, {
        ...door.options,
        ...options,
      });
      others.push(gateway);
      await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
      return { cluster, gateway, call: (path, call) => send(gateway, path, call) };
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
      const { bytes, kind } = door.stored(door.body(index));
      const meaning = semanticDigest(startHash, kindOf(kind)!, bytes);
      if (meaning.status === "refused") throw new Error(meaning.reason);
      const semantics = { kind, semanticDigest: meaning.digest };
      world.cluster.place({ ...door.entry(index), bytes, ...semantics });
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
        if (script === "hang") world = await open({ doorDeadlineMs: KEPT_MS });
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
        expect(await refused(door.wrongMeaning ?? "wrong-semantic-digest")).toBe(1);
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

      itIf(door.isImmutable)(
        "of another answer for an immutable key changes nothing and is counted",
        async () => {
          place(1);
          await world.call(door.path(1));
          const put = await world.call(door.path(1), { method: "PUT", body: door.body(2) });
          expect(door.status.stored).toContain(put.status);
          expect((await world.call(door.path(1))).body).toEqual(Buffer.from(door.body(1)));
          expect(await metric(world.gateway.url, "quorate_gateway_evidence")).toBe(1);
        },
      );

      itIf(door.isImmutable)(
        "of another answer that only the cluster knows of gives way to it",
        async () => {
          place(1);
          await world.call(door.path(1), { method: "PUT", body: door.body(2) });
          await eventually(async () => {
            const answer = await world.call(door.path(1));
            return answer.body.equals(Buffer.from(door.body(1)));
          });
          expect(await metric(world.gateway.url, "quorate_gateway_evidence")).toBe(1);
        },
      );

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
        if (door.hasNoDelete !== true) {
          const erased = await world.call(door.path(2), { method: "DELETE" });
          expect(erased.headers["x-quorate-delete"]).toBe("read-only");
          expect(erased.status).toBeLessThan(500);
        }
        expect((await world.call(door.path(2))).status).toBe(200);
        const line = 'quorate_gateway_puts_total{outcome="read-only"}';
        expect(await metric(world.gateway.url, line)).toBe(4);
      });
    });

    describeIf(door.hasLarge)("a large value", () => {
      const large = Buffer.from(door.hasLarge ? door.body(LARGE) : []);
      const path = door.path(LARGE);

      it("goes in and comes out in pieces", async () => {
        const put = await world.call(path, { method: "PUT", body: large });
        expect(door.status.stored).toContain(put.status);
        expect((await world.call(path)).body.equals(large)).toBe(true);
        await eventually(() => world.cluster.rows.size === 1);
      });

      it("comes from the cluster, then from disk", async () => {
        place(LARGE);
        for (const level of ["cluster", "l2"]) {
          const answer = await world.call(path);
          expect(answer.body.equals(large)).toBe(true);
          expect(answer.headers["x-quorate-level"]).toBe(level);
        }
      });

      it("that was damaged on disk comes from the cluster again", async () => {
        const middling = Buffer.from(door.body(MIDDLING));
        world = await open({ memoryBytesMax: 1024 });
        place(MIDDLING);
        await world.call(door.path(MIDDLING));
        // The cache writes behind: damage what is there until a read has met the damage.
        await eventually(async () => {
          const values = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
            (file) => file.isFile() && file.parentPath.includes("/cache/values/"),
          );
          for (const file of values) writeFileSync(join(file.parentPath, file.name), "rot");
          const answer = await world.call(door.path(MIDDLING));
          expect(answer.body.equals(middling)).toBe(true);
          return answer.headers["x-quorate-level"] === "cluster";
        });
        const line = 'quorate_gateway_refused_total{reason="corrupt-on-disk"}';
        expect(await metric(world.gateway.url, line)).toBe(1);
      });

      it.each(["truncated", "wrong-meaning"] as const)(
        "that turns out '%s' ends early, never wrong",
        async (script) => {
          place(LARGE);
          world.cluster.reads = script;
          const answer = await world.call(path);
          expect(answer.cutShort || answer.status === door.status.miss).toBe(true);
          world.cluster.reads = "honest";
          expect((await world.call(path)).body.equals(large)).toBe(true);
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

      itIf(door.hasNoDelete !== true)(
        "DELETE withdraws, for this gateway's readers at once",
        async () => {
          place(1);
          await world.call(door.path(1));
          const erased = await world.call(door.path(1), { method: "DELETE" });
          expect(erased.status).toBe(door.status.withdrawn);
          expect((await world.call(door.path(1))).status).toBe(door.status.miss);
          expect((await world.call(door.path(1), { method: "DELETE" })).status).toBe(404);
        },
      );
    });

    describe("what does not belong under a key", () => {
      itIf(door.isPicky)("another tool's entry is a miss, and counted", async () => {
        world.cluster.place({ ...door.entry(1), bytes: Buffer.from("EVIL"), kind: "ccache-x/1" });
        expect((await world.call(door.path(1))).headers["x-quorate-miss"]).toBe("refused");
        const bytes = Buffer.from("EVIL");
        world.cluster.place({ ...door.entry(2), bytes });
        for (const method of ["GET", "HEAD"]) {
          const answer = await world.call(door.path(2), { method });
          expect(answer.status).toBe(door.status.miss);
          // Over gRPC a look for several blobs says which, and not why.
          const saysWhy = method === "GET" || door.call === undefined;
          if (saysWhy) expect(answer.headers["x-quorate-miss"]).toBe("refused");
        }
        const line = 'quorate_gateway_refused_total{reason="foreign-entry"}';
        expect(await metric(world.gateway.url, line)).toBe(2);
      });

      itIf(door.isPicky)("nor is it served from this gateway's own cache", async () => {
        const { namespace, name } = door.entry(1);
        await world.call(`/cache/${namespace}/${name}`, { method: "PUT", body: door.body(3) });
        const stored = door.stored(door.body(3)).kind === "raw/1";
        if (!stored) expect((await world.call(door.path(1))).status).toBe(door.status.miss);
      });

      itIf(door.malformed !== undefined)("a malformed body is not kept", async () => {
        const { body, status } = door.malformed!;
        for (const chunked of [true, false]) {
          const put = await world.call(door.path(1), { method: "PUT", body, chunked });
          expect(put.status).toBe(status);
          expect(put.headers["x-quorate-put"]).toBe("malformed");
        }
        expect((await world.call(door.path(1))).status).toBe(door.status.miss);
        expect(world.cluster.submitted).toEqual([]);
      });

      it("a certified entry is not replaced by another key's", async () => {
        place(1);
        await world.call(door.path(1));
        await world.call(door.path(1), { method: "PUT", body: door.body(2) });
        const certified = door.isImmutable || door.malformed === undefined;
        const answer = await world.call(door.path(1));
        expect(answer.status).toBe(200);
        if (certified) expect(answer.body).toEqual(Buffer.from(door.body(1)));
      });
    });

    it("answers nothing but what the tool bears, whatever happens", async () => {
      world = await open({ doorDeadlineMs: KEPT_MS });
      const bodies = [door.body(1), Buffer.alloc(0), Buffer.alloc(2000, "garbage")];
      const paths = [door.path(1), `${door.path(1)}x`, `${door.path(1)}?x=y`];
      for (const reads of [...READ_FAILURES.map(([script]) => script), "honest" as const]) {
        world.cluster.reads = reads;
        for (const writes of ["honest", "unauthorised", "down", "lapsed"] as const) {
          world.cluster.writes = writes;
          for (const path of paths) {
            const get = await world.call(path);
            expect(door.allowed).toContain(get.status);
            for (const body of reads === "hang" ? [] : bodies) {
              const put = await world.call(path, { method: "PUT", body });
              expect(door.allowed).toContain(put.status);
            }
            if (reads === "hang") break;
          }
        }
      }
    });

    it("keeps what is its own over a restart, and publishes it then", async () => {
      const home = mkdtempSync(join(folder, "home-"));
      const silent = new ScriptedCluster();
      silent.reads = "down";
      silent.writes = "unsignable";
      const first = await openDoor(home, silent, door.options);
      await send(first, door.path(1), { method: "PUT", body: door.body(1) });
      await first.close();
      const back = new ScriptedCluster();
      others.push(await openDoor(home, back));
      await eventually(() => back.rows.size === 1);
    });

    it("serves without any cluster in local mode", async () => {
      const local = await openDoor(mkdtempSync(join(folder, "local-")), undefined, door.options);
      others.push(local);
      await send(local, door.path(1), { method: "PUT", body: door.body(1) });
      const answer = await send(local, door.path(1));
      expect(answer.body).toEqual(Buffer.from(door.body(1)));
      expect(answer.headers["x-quorate-certainty"]).toBe("local");
    });
  });
}
