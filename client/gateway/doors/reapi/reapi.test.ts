import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../../../../base/bytes.ts";
import {
  decodeActionResult,
  emptyActionResult,
  encodeActionResult,
} from "../../../../proof/digest/remote-execution/action-result.ts";
import type { ActionResult } from "../../../../proof/digest/remote-execution/action-result.ts";
import { FieldWriter, fieldsOf } from "../../../../proof/digest/remote-execution/protobuf-field.ts";
import type { RunningGateway } from "../../start-gateway.ts";
import { eventually, metric, noise, openDoor, sizeOfBody } from "../../testing/door-world.ts";
import { dataOf, grpcCall, grpcRequest, writesOf } from "../../testing/grpc-request.ts";
import type { GrpcAnswer } from "../../testing/grpc-request.ts";
import { rawRequest } from "../../testing/raw-request.ts";
import { ScriptedCluster } from "../../testing/scripted-cluster.ts";
import type { DoorCase } from "../../testing/door-case.ts";
import { describeDoor } from "../door.case.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const EMPTY = sha256(new Uint8Array(0));
const REMOTE = "/build.bazel.remote.execution.v2";
const STREAM = "/google.bytestream.ByteStream";

const blob = (index: number): Uint8Array => noise(sizeOfBody(index), `blob-${index}`);
const actionOf = (index: number): string => sha256(utf8(`action ${index}`));

/** A result that needs no blob. */
function printed(index: number): Uint8Array {
  return encodeActionResult({ ...emptyActionResult(), stdout: noise(700, `printed-${index}`) });
}

const OVER_GRPC = {
  options: { grpcPort: 0 },
  hasNoDelete: true,
  isImmutable: false,
  isPicky: true,
  allowed: [200, 400, 403, 404],
  status: { miss: 404, stored: [200], readOnlyPut: 403, overSize: 413, withdrawn: 204 },
  call: (gateway, path, options) =>
    path.startsWith("/cache/")
      ? rawRequest(gateway.url, path, options)
      : grpcRequest(gateway.grpcPort!, path, options),
} satisfies Partial<DoorCase>;

describeDoor({
  ...OVER_GRPC,
  id: "reapi blobs",
  path: (index) => `/team-a/cas/${sha256(blob(index))}/${blob(index).length}`,
  entry: (index) => ({ namespace: "team-a", name: `bazel/cas/${sha256(blob(index))}` }),
  body: blob,
  stored: (bytes) => ({ bytes, kind: "raw/1" }),
  hasLarge: true,
  malformed: { body: utf8("EVIL: another blob than its digest says"), status: 400 },
  wrongMeaning: "foreign-entry",
});

describeDoor({
  ...OVER_GRPC,
  id: "reapi action results",
  path: (index) => `/team-a/ac/${actionOf(index)}/17`,
  entry: (index) => ({ namespace: "team-a", name: `bazel/ac/${actionOf(index)}` }),
  body: printed,
  stored: (bytes) => ({ bytes, kind: "action-result/1" }),
  hasLarge: false,
  malformed: { body: Buffer.alloc(2000, "EVIL"), status: 400 },
});

describe("the Remote Execution API", () => {
  let folder: string;
  let cluster: ScriptedCluster;
  let gateway: RunningGateway;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-reapi-"));
    cluster = new ScriptedCluster();
    gateway = await openDoor(folder, cluster, { grpcPort: 0 });
    await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
  });
  afterEach(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = (path: string, ...messages: Uint8Array[]): Promise<GrpcAnswer> =>
    grpcCall(gateway.grpcPort!, path, messages);
  const digestOf = (bytes: Uint8Array): { hash: string; size: number } => {
    return { hash: sha256(bytes), size: bytes.length };
  };
  const encoded = ({ hash, size }: { hash: string; size: number }): Uint8Array =>
    new FieldWriter().bytes(1, utf8(hash)).number(2, size).finish();
  const inTeamA = (): FieldWriter => new FieldWriter().bytes(1, utf8("team-a"));

  function place(bytes: Uint8Array): { hash: string; size: number } {
    cluster.place({ namespace: "team-a", name: `bazel/cas/${sha256(bytes)}`, bytes });
    return digestOf(bytes);
  }

  function placeResult(index: number, result: Partial<ActionResult>): void {
    const bytes = encodeActionResult({ ...emptyActionResult(), ...result });
    const semanticDigest = createHash("sha256").update(bytes).digest();
    const name = `bazel/ac/${actionOf(index)}`;
    const kind = "action-result/1";
    cluster.place({
      namespace: "team-a",
      name,
      bytes,
      kind,
      semanticDigest: semanticDigest as never,
    });
  }

  function getResult(
    index: number,
    more: (writer: FieldWriter) => FieldWriter,
  ): Promise<GrpcAnswer> {
    const action = encoded({ hash: actionOf(index), size: 17 });
    const request = more(inTeamA().message(2, action)).finish();
    return ask(`${REMOTE}.ActionCache/GetActionResult`, request);
  }

  function read(name: string, offset = 0, limit = 0): Promise<GrpcAnswer> {
    const request = new FieldWriter().bytes(1, utf8(name)).number(2, offset).number(3, limit);
    return ask(`${STREAM}/Read`, request.finish());
  }

  describe("capabilities", () => {
    it.each(["honest", "down", "hang"] as const)(
      "are told while the cluster is '%s'",
      async (now) => {
        cluster.reads = now;
        const { code, messages } = await ask(
          `${REMOTE}.Capabilities/GetCapabilities`,
          inTeamA().finish(),
        );
        expect(code).toBe(status.OK);
        const cache = [...fieldsOf(messages[0]!)].find(({ number }) => number === 1)!.bytes!;
        const fields = new Map([...fieldsOf(cache)].map((field) => [field.number, field]));
        expect(fields.get(1)!.bytes).toEqual(Buffer.from([1]));
        // Bazel ends a build that is told of no updates.
        expect(fields.get(2)!.bytes).toEqual(Buffer.from([8, 1]));
        expect(fields.get(4)!.value).toBe(4n * 1024n * 1024n);
      },
    );

    it("are the same of a gateway that only reads", async () => {
      await gateway.close();
      gateway = await openDoor(folder, cluster, { grpcPort: 0, signer: undefined });
      const { messages } = await ask(`${REMOTE}.Capabilities/GetCapabilities`, inTeamA().finish());
      const cache = [...fieldsOf(messages[0]!)].find(({ number }) => number === 1)!.bytes!;
      expect([...fieldsOf(cache)].find(({ number }) => number === 2)!.bytes).toEqual(
        Buffer.from([8, 1]),
      );
    });
  });

  it("is healthy, whatever the cluster is", async () => {
    cluster.reads = "down";
    const check = (service: string): Promise<GrpcAnswer> =>
      ask("/grpc.health.v1.Health/Check", new FieldWriter().bytes(1, utf8(service)).finish());
    expect((await check("")).messages).toEqual([Buffer.from([8, 1])]);
    expect((await check("google.bytestream.ByteStream")).code).toBe(status.OK);
    expect((await check("another")).code).toBe(status.NOT_FOUND);
  });

  describe("a read of a blob", () => {
    const bytes = noise(700_000, "resumed");
    const name = `team-a/blobs/${sha256(bytes)}/${bytes.length}`;

    it.each([
      [0, 0],
      [1, 0],
      [400_000, 0],
      [400_000, 10],
      [0, 300_000],
      [699_999, 1000],
      [700_000, 0],
    ])("from %i, at most %i bytes, cold and warm", async (offset, limit) => {
      place(bytes);
      for (let round = 0; round < 2; round++) {
        const { code, messages } = await read(name, offset, limit);
        expect(code).toBe(status.OK);
        const end = limit === 0 ? bytes.length : offset + limit;
        expect(Buffer.concat(messages.map(dataOf)).equals(bytes.slice(offset, end))).toBe(true);
      }
    });

    it.each([
      ["beyond its end", 700_001, 0, status.OUT_OF_RANGE],
      ["before its beginning", -1, 0, status.OUT_OF_RANGE],
      ["of fewer than no bytes", 0, -1, status.INVALID_ARGUMENT],
    ])("%s is refused", async (_what, offset, limit, code) => {
      place(bytes);
      expect((await read(name, offset, limit)).code).toBe(code);
    });

    it("at another size is a miss", async () => {
      place(bytes);
      expect((await read(`team-a/blobs/${sha256(bytes)}/699999`)).code).toBe(status.NOT_FOUND);
    });

    it.each(["", "blobs", "team-a/blobs/xyz/1", `team-a/blobs/${EMPTY}/-1`, "team-a/uploads/1"])(
      "by the name '%s' is refused",
      async (name) => {
        expect((await read(name)).code).toBe(status.INVALID_ARGUMENT);
      },
    );

    it("of the empty one is always had", async () => {
      cluster.reads = "down";
      expect(await read(`team-a/blobs/${EMPTY}/0`)).toMatchObject({
        code: status.OK,
        messages: [],
      });
    });
  });

  describe("a write of a blob", () => {
    const bytes = noise(40_000, "written");
    const name = (size = bytes.length): string => `team-a/uploads/u/blobs/${sha256(bytes)}/${size}`;
    const write = (messages: readonly Uint8Array[]): Promise<GrpcAnswer> =>
      ask(`${STREAM}/Write`, ...messages);
    const status_ = (size = bytes.length): Promise<GrpcAnswer> =>
      ask(`${STREAM}/QueryWriteStatus`, new FieldWriter().bytes(1, utf8(name(size))).finish());

    it("is committed, and told to be when it is asked about", async () => {
      expect((await status_()).code).toBe(status.NOT_FOUND);
      const { code, messages } = await write(writesOf(name(), bytes));
      expect([code, messages[0]]).toEqual([status.OK, Buffer.from([8, 0xc0, 0xb8, 2])]);
      expect((await status_()).messages[0]).toEqual(Buffer.from([8, 0xc0, 0xb8, 2, 16, 1]));
    });

    it("of what is here ends at once, with all of it committed", async () => {
      await write(writesOf(name(), bytes));
      const { code, messages } = await write(writesOf(name(), bytes).slice(0, 1));
      expect([code, messages[0]]).toEqual([status.OK, Buffer.from([8, 0xc0, 0xb8, 2])]);
    });

    it.each([
      ["that ends early", (all: Uint8Array[]) => all.slice(0, 2)],
      ["that has a gap", (all: Uint8Array[]) => [all[0]!, all[2]!]],
      [
        "that begins in the middle",
        (all: Uint8Array[]) => writesOf(name(), bytes).slice(1, all.length),
      ],
      ["that is longer than its name says", () => writesOf(name(39_999), bytes)],
      ["that is shorter than its name says", () => writesOf(name(40_001), bytes)],
      ["of garbage", (all: Uint8Array[]) => [all[0]!, Buffer.from([0xff, 0xff, 0xff])]],
      ["without a name", () => writesOf("", bytes)],
    ])("%s is refused and not kept", async (_what, messages) => {
      const answer = await write(messages(writesOf(name(), bytes)));
      expect(answer.code).toBe(status.INVALID_ARGUMENT);
      expect((await status_()).code).toBe(status.NOT_FOUND);
      expect(cluster.submitted).toEqual([]);
    });

    it("without any message is cut off", async () => {
      expect((await write([])).code).toBe(status.CANCELLED);
    });

    it("of the empty one is no work", async () => {
      const answer = await write(writesOf(`uploads/u/blobs/${EMPTY}/0`, new Uint8Array(0)));
      expect(answer.code).toBe(status.OK);
      expect(cluster.submitted).toEqual([]);
    });
  });

  describe("many blobs at once", () => {
    const blobs = [1, 2, 3].map((index) => noise(500, `many-${index}`));
    const batch = (...uploads: (readonly [Uint8Array, Uint8Array, number?])[]): Uint8Array => {
      const request = inTeamA();
      for (const [named, bytes, compressor = 0] of uploads) {
        const upload = new FieldWriter().message(1, encoded(digestOf(named))).bytes(2, bytes);
        request.message(2, upload.number(3, compressor).finish());
      }
      return request.finish();
    };
    const codesOf = ({ messages }: GrpcAnswer, field: number): number[] =>
      [...fieldsOf(messages[0]!)].map(({ bytes }) => {
        const found = [...fieldsOf(bytes!)].find(({ number }) => number === field);
        return Number([...fieldsOf(found!.bytes!)].find(({ number }) => number === 1)?.value ?? 0n);
      });

    it("are looked for: what is missing is told, the empty one never", async () => {
      const here = place(blobs[0]!);
      const wrongSize = { ...place(blobs[1]!), size: 1 };
      const request = inTeamA();
      const absent = digestOf(blobs[2]!);
      for (const digest of [here, wrongSize, absent, { hash: EMPTY, size: 0 }]) {
        request.message(2, encoded(digest));
      }
      const { messages } = await ask(
        `${REMOTE}.ContentAddressableStorage/FindMissingBlobs`,
        request.finish(),
      );
      const missing = [...fieldsOf(messages[0]!)].map(({ bytes }) => Buffer.from(bytes!));
      expect(missing).toEqual([Buffer.from(encoded(wrongSize)), Buffer.from(encoded(absent))]);
    });

    it("are taken in, each judged on its own", async () => {
      const [one, two, three] = blobs as [Uint8Array, Uint8Array, Uint8Array];
      const answer = await ask(
        `${REMOTE}.ContentAddressableStorage/BatchUpdateBlobs`,
        batch(
          [one, one],
          [two, utf8("EVIL")],
          [three, three, 1],
          [new Uint8Array(0), new Uint8Array(0)],
        ),
      );
      expect(answer.code).toBe(status.OK);
      const invalid = status.INVALID_ARGUMENT;
      expect(codesOf(answer, 2)).toEqual([status.OK, invalid, invalid, status.OK]);
      await eventually(() => cluster.rows.size === 1);
    });

    it("are handed out, each judged on its own", async () => {
      const request = inTeamA();
      for (const digest of [place(blobs[0]!), digestOf(blobs[1]!), { hash: EMPTY, size: 0 }]) {
        request.message(2, encoded(digest));
      }
      const answer = await ask(
        `${REMOTE}.ContentAddressableStorage/BatchReadBlobs`,
        request.finish(),
      );
      expect(codesOf(answer, 3)).toEqual([status.OK, status.NOT_FOUND, status.OK]);
      const first = [...fieldsOf([...fieldsOf(answer.messages[0]!)][0]!.bytes!)];
      expect(Buffer.from(first.find(({ number }) => number === 2)!.bytes!)).toEqual(
        Buffer.from(blobs[0]!),
      );
    });

    it("are not more than one message may have", async () => {
      const request = inTeamA();
      for (const size of [3_000_000, 3_000_000]) {
        request.message(2, encoded({ hash: sha256(utf8(`${size}`)), size }));
      }
      const path = `${REMOTE}.ContentAddressableStorage/BatchReadBlobs`;
      expect((await ask(path, request.finish())).code).toBe(status.INVALID_ARGUMENT);
    });
  });

  describe("a tree", () => {
    const node = (name: string, digest: { hash: string; size: number }): Uint8Array =>
      new FieldWriter().bytes(1, utf8(name)).message(2, encoded(digest)).finish();
    const tree = (root: { hash: string; size: number }): Promise<GrpcAnswer> =>
      ask(
        `${REMOTE}.ContentAddressableStorage/GetTree`,
        inTeamA().message(2, encoded(root)).finish(),
      );
    const foldersIn = ({ messages }: GrpcAnswer): Buffer[] =>
      messages.flatMap((message) => [...fieldsOf(message)].map(({ bytes }) => Buffer.from(bytes!)));

    it("is every folder once, what is missing left out", async () => {
      const leaf = new FieldWriter().message(1, node("f", digestOf(blob(1)))).finish();
      const lost = { hash: sha256(utf8("lost")), size: 4 };
      const below = place(leaf);
      const root = new FieldWriter()
        .message(2, node("a", below))
        .message(2, node("b", below))
        .message(2, node("c", lost))
        .finish();
      const answer = await tree(place(root));
      expect(answer.code).toBe(status.OK);
      expect(foldersIn(answer)).toEqual([Buffer.from(root), Buffer.from(leaf)]);
    });

    it("without its root is a miss", async () => {
      expect((await tree(digestOf(blob(1)))).code).toBe(status.NOT_FOUND);
    });
  });

  describe("a result", () => {
    const output = noise(300, "an output");
    const log = utf8("what was printed");
    const file = (digest: { hash: string; size: number }): ActionResult["files"][number] => {
      const none = { contents: new Uint8Array(0), properties: undefined, isExecutable: false };
      return { path: "out.txt", digest, ...none };
    };

    it.each([
      ["is missing", () => digestOf(output)],
      ["has another size", () => ({ ...place(output), size: 299 })],
      [
        "is another namespace's",
        () => {
          const name = `bazel/cas/${sha256(output)}`;
          cluster.place({ namespace: "team-b", name, bytes: output });
          return digestOf(output);
        },
      ],
    ])("that names a blob that %s is a miss, and is so again", async (_what, digest) => {
      placeResult(1, { files: [file(digest())] });
      for (let round = 0; round < 2; round++) {
        const answer = await getResult(1, (writer) => writer);
        expect(answer.code).toBe(status.NOT_FOUND);
        expect(answer.headers["x-quorate-miss"]).toBe("incomplete");
      }
      const line = 'quorate_gateway_misses_total{reason="incomplete"}';
      expect(await metric(gateway.url, line)).toBe(2);
    });

    it("carries what was asked for in it", async () => {
      placeResult(1, { files: [file(place(output))], stdoutDigest: place(log) });
      const plain = await getResult(1, (writer) => writer);
      expect(decodeActionResult(plain.messages[0]!).stdout).toHaveLength(0);
      const full = await getResult(1, (writer) => writer.number(3, 1).bytes(5, utf8("out.txt")));
      const result = decodeActionResult(full.messages[0]!);
      expect(Buffer.from(result.stdout)).toEqual(Buffer.from(log));
      expect(Buffer.from(result.files[0]!.contents)).toEqual(Buffer.from(output));
      expect(result.files[0]!.digest).toEqual(digestOf(output));
    });

    it("is the same entry over HTTP", async () => {
      placeResult(1, { stdout: log });
      const overHttp = await rawRequest(gateway.url, `/team-a/ac/${actionOf(1)}`);
      expect((await getResult(1, (writer) => writer)).messages[0]).toEqual(overHttp.body);
    });

    it("of ccache's, which lies under such keys too, is none", async () => {
      const name = `bazel/ac/${actionOf(1)}`;
      cluster.place({ namespace: "team-a", name, bytes: output, kind: "ccache-result/1" });
      const answer = await getResult(1, (writer) => writer);
      expect(answer.headers["x-quorate-miss"]).toBe("refused");
    });
  });

  it.each([
    `${REMOTE}.ActionCache/GetActionResult`,
    `${REMOTE}.ActionCache/UpdateActionResult`,
    `${REMOTE}.ContentAddressableStorage/FindMissingBlobs`,
    `${REMOTE}.ContentAddressableStorage/BatchUpdateBlobs`,
    `${REMOTE}.ContentAddressableStorage/BatchReadBlobs`,
    `${REMOTE}.ContentAddressableStorage/GetTree`,
    `${STREAM}/Read`,
    `${STREAM}/Write`,
    `${STREAM}/QueryWriteStatus`,
  ])("%s bears garbage", async (path) => {
    const garbage = [Buffer.alloc(64, 0xff), Buffer.from([0x12, 0x7f]), noise(200, "garbage")];
    for (const message of garbage) {
      expect(await ask(path, message)).toMatchObject({ code: status.INVALID_ARGUMENT });
    }
  });

  it("counts what it hands out, has not and takes in", async () => {
    const bytes = noise(300, "counted");
    const blob = (hash: string): string => `team-a/blobs/${hash}/300`;
    place(bytes);
    await read(blob(sha256(bytes)));
    await read(blob(sha256(utf8("nothing"))));
    const uploaded = noise(300, "uploaded");
    const name = `team-a/uploads/u/blobs/${sha256(uploaded)}/300`;
    await ask(`${STREAM}/Write`, ...writesOf(name, uploaded));
    placeResult(1, { stdout: utf8("printed") });
    await getResult(1, (writer) => writer);
    await getResult(2, (writer) => writer);
    const counted = (figure: string, labels = ""): Promise<number> =>
      metric(gateway.url, `quorate_gateway_door_${figure}{door="reapi"${labels}}`);
    expect(await counted("hits_total")).toBe(2);
    expect(await counted("misses_total", ',reason="absent"')).toBe(2);
    expect(await counted("writes_total", ',outcome="stored"')).toBe(1);
    expect(await counted("bytes_total", ',direction="in"')).toBe(300);
    expect(await counted("latency_seconds_count")).toBe(5);
  });

  it("knows no other method", async () => {
    const answer = await ask(`${REMOTE}.Execution/Execute`, new Uint8Array(0));
    expect(answer.code).toBe(status.UNIMPLEMENTED);
  });

  it("an instance that can be no namespace is a miss, and takes nothing in", async () => {
    const bytes = blob(1);
    const missed = await read(`Not_One/blobs/${sha256(bytes)}/${bytes.length}`);
    expect(missed.code).toBe(status.NOT_FOUND);
    const name = `Not_One/uploads/u/blobs/${sha256(bytes)}/${bytes.length}`;
    const put = await ask(`${STREAM}/Write`, ...writesOf(name, bytes));
    expect(put.code).toBe(status.INVALID_ARGUMENT);
  });
});
