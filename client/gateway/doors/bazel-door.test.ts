import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../../../base/bytes.ts";
import {
  emptyActionResult,
  encodeActionResult,
} from "../../../proof/digest/remote-execution/action-result.ts";
import type { ActionResult } from "../../../proof/digest/remote-execution/action-result.ts";
import { FieldWriter } from "../../../proof/digest/remote-execution/protobuf-field.ts";
import type { RunningGateway } from "../start-gateway.ts";
import { rawRequest } from "../testing/raw-request.ts";
import type { RawAnswer } from "../testing/raw-request.ts";
import { ScriptedCluster } from "../testing/scripted-cluster.ts";
import { describeDoor } from "./door.case.ts";
import { eventually, metric, noise, openDoor, sizeOfBody } from "../testing/door-world.ts";
import { bazelDoor } from "./bazel-door.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const EMPTY = sha256(new Uint8Array(0));
const ALLOWED = [200, 400, 403, 404];

const blob = (index: number): Uint8Array => noise(sizeOfBody(index), `blob-${index}`);

describeDoor({
  id: "bazel cas",
  path: (index) => `/team-a/cas/${sha256(blob(index))}`,
  entry: (index) => ({ namespace: "team-a", name: `bazel/cas/${sha256(blob(index))}` }),
  body: blob,
  stored: (bytes) => ({ bytes, kind: "raw/1" }),
  hasLarge: true,
  isImmutable: false,
  isPicky: true,
  malformed: { body: utf8("EVIL: another blob than its digest says"), status: 400 },
  wrongMeaning: "foreign-entry",
  allowed: ALLOWED,
  status: { miss: 404, stored: [200], readOnlyPut: 403, overSize: 413, withdrawn: 204 },
});

/** A result that needs no blob. */
function printed(index: number): Uint8Array {
  return encodeActionResult({ ...emptyActionResult(), stdout: noise(700, `printed-${index}`) });
}

const actionOf = (index: number): string => sha256(utf8(`action ${index}`));

describeDoor({
  id: "bazel ac",
  path: (index) => `/team-a/ac/${actionOf(index)}`,
  entry: (index) => ({ namespace: "team-a", name: `bazel/ac/${actionOf(index)}` }),
  body: printed,
  stored: (bytes) => ({ bytes, kind: "action-result/1" }),
  hasLarge: false,
  isImmutable: false,
  isPicky: true,
  malformed: { body: Buffer.alloc(2000, "EVIL"), status: 400 },
  allowed: ALLOWED,
  status: { miss: 404, stored: [200], readOnlyPut: 403, overSize: 413, withdrawn: 204 },
});

describe("paths of the bazel door", () => {
  const door = bazelDoor();
  const hash = sha256(utf8("x"));
  it.each([
    [`/ac/${hash}`, "default", `bazel/ac/${hash}`],
    [`/team-b/cas/${hash}`, "team-b", `bazel/cas/${hash}`],
  ])("%s", (path, namespace, name) => {
    expect(door.resolve(path)).toMatchObject({ namespace, name });
  });

  it.each([`/ac/${hash.slice(1)}`, `/a/b/ac/${hash}`, `/ac/${hash.toUpperCase()}`, "/ac/"])(
    "%s is not its own",
    (path) => expect(door.resolve(path)).toBeUndefined(),
  );

  it("an instance that can be no namespace names nothing", () => {
    expect(door.resolve(`/No_Team/ac/${hash}`)).toBe("unnamed");
  });
});

describe("an action result at the bazel door", () => {
  let folder: string;
  let gateway: RunningGateway;
  let cluster: ScriptedCluster;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-bazel-door-"));
    cluster = new ScriptedCluster();
    gateway = await openDoor(folder, cluster);
    await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
  });
  afterEach(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ACTION = `/team-a/ac/${actionOf(1)}`;
  const call = (
    path: string,
    body?: Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<RawAnswer> =>
    rawRequest(gateway.url, path, { method: body === undefined ? "GET" : "PUT", body, headers });
  const upload = async (bytes: Uint8Array, namespace = "team-a"): Promise<void> => {
    expect((await call(`/${namespace}/cas/${sha256(bytes)}`, bytes)).status).toBe(200);
  };
  const digest = (bytes: Uint8Array): { hash: string; size: number } => ({
    hash: sha256(bytes),
    size: bytes.length,
  });
  const naming = (bytes: Uint8Array, more: Partial<ActionResult> = {}): Uint8Array =>
    encodeActionResult({
      ...emptyActionResult(),
      files: [
        {
          path: "out/x.o",
          digest: digest(bytes),
          isExecutable: false,
          contents: new Uint8Array(0),
          properties: undefined,
        },
      ],
      ...more,
    });
  async function missReason(): Promise<string | undefined> {
    const answer = await call(ACTION);
    return answer.status === 404 ? String(answer.headers["x-quorate-miss"]) : undefined;
  }

  const output = utf8("an object file");

  it("is served once every blob that it names is there", async () => {
    expect((await call(ACTION, naming(output))).status).toBe(200);
    expect(await missReason()).toBe("incomplete");
    await upload(output);
    expect((await call(ACTION)).body).toEqual(Buffer.from(naming(output)));
    expect(await metric(gateway.url, 'quorate_gateway_misses_total{reason="incomplete"}')).toBe(1);
  });

  it("is a miss when a blob is another namespace's", async () => {
    await upload(output, "team-b");
    await call(ACTION, naming(output));
    expect(await missReason()).toBe("incomplete");
  });

  it("is a miss when a blob has another size than it says", async () => {
    await upload(output);
    const wrong = { ...digest(output), size: 1 };
    await call(ACTION, encodeActionResult({ ...emptyActionResult(), stdoutDigest: wrong }));
    expect(await missReason()).toBe("incomplete");
  });

  it("is a miss when the cluster holds other bytes under a blob's name", async () => {
    const name = `bazel/cas/${sha256(output)}`;
    cluster.place({ namespace: "team-a", name, bytes: utf8("EVIL object f.") });
    await call(ACTION, naming(output));
    expect(await missReason()).toBe("incomplete");
    expect((await call(`/team-a/cas/${sha256(output)}`)).status).toBe(404);
    const line = 'quorate_gateway_refused_total{reason="foreign-entry"}';
    expect(await metric(gateway.url, line)).toBe(2);
  });

  it.each(["stdoutDigest", "stderrDigest"] as const)("needs what %s names", async (field) => {
    await call(ACTION, naming(new Uint8Array(0), { [field]: digest(output) }));
    expect(await missReason()).toBe("incomplete");
    await upload(output);
    expect(await missReason()).toBeUndefined();
  });

  it("needs every file of every output folder", async () => {
    const node = new FieldWriter().bytes(1, utf8("x")).message(
      2,
      new FieldWriter()
        .bytes(1, utf8(sha256(output)))
        .number(2, output.length)
        .finish(),
    );
    const directory = new FieldWriter().message(1, node.finish()).finish();
    for (const field of [1, 2]) {
      const tree = new FieldWriter().message(field, directory).finish();
      const folders = [
        {
          path: "out",
          treeDigest: digest(tree),
          isTopologicallySorted: false,
          rootDigest: undefined,
        },
      ];
      await call(ACTION, encodeActionResult({ ...emptyActionResult(), folders }));
      expect(await missReason()).toBe("incomplete");
      await upload(tree);
      expect(await missReason()).toBe(field === 1 ? "incomplete" : undefined);
      await upload(output);
      expect(await missReason()).toBeUndefined();
    }
    await call(ACTION, encodeActionResult({ ...emptyActionResult(), folders: [] }));
  });

  it("is a miss when a folder's listing cannot be read", async () => {
    const tree = utf8("no Tree message");
    await upload(tree);
    const folders = [
      { path: "o", treeDigest: digest(tree), isTopologicallySorted: false, rootDigest: undefined },
    ];
    await call(ACTION, encodeActionResult({ ...emptyActionResult(), folders }));
    expect(await missReason()).toBe("incomplete");
  });

  it("names the empty blob freely, which is everywhere", async () => {
    await call(ACTION, naming(new Uint8Array(0)));
    expect((await call(ACTION)).status).toBe(200);
    for (const path of [`/cas/${EMPTY}`, `/team-a/cas/${EMPTY}`]) {
      const answer = await call(path);
      expect([answer.status, answer.headers["content-length"]]).toEqual([200, "0"]);
      expect((await call(path, new Uint8Array(0))).status).toBe(200);
      expect((await call(path, utf8("x"))).status).toBe(400);
    }
  });

  it("that is empty is refused, and never served", async () => {
    for (const body of [new Uint8Array(0), Uint8Array.of(0x20, 1)]) {
      expect((await call(ACTION, body)).status).toBe(400);
    }
    expect((await call(ACTION)).status).toBe(404);
  });

  it("comes in as JSON and goes out as either", async () => {
    await upload(output);
    const json = {
      outputFiles: [
        {
          path: "out/x.o",
          digest: { hash: sha256(output), sizeBytes: String(output.length) },
          nodeProperties: { mtime: "2026-11-21T10:51:50.561703112+00:00", unixMode: 33188 },
        },
      ],
      output_symlinks: [{ path: "out/l", target: "x.o" }],
      stdoutRaw: Buffer.from("printed").toString("base64"),
      exitCode: 0,
      executionMetadata: { worker: "this machine" },
    };
    const body = Buffer.from(JSON.stringify(json));
    const put = await call(ACTION, body, { "Content-Type": "application/json" });
    expect(put.status).toBe(200);
    const answer = await call(ACTION, undefined, { Accept: "application/json" });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(answer.body.toString())).toEqual({
      outputFiles: [
        { ...json.outputFiles[0], nodeProperties: { properties: [], unixMode: 33188 } },
      ],
      outputSymlinks: json.output_symlinks,
      stdoutRaw: json.stdoutRaw,
    });
    const binary = await call(ACTION);
    expect(binary.body.includes(Buffer.from(sha256(output)))).toBe(true);
    expect(binary.body.includes("this machine")).toBe(false);
  });

  it.each(["", "[]", "null", "{}", '{"outputFiles":7}', '{"outputFiles":[{"digest":{}}]}'])(
    "JSON that is none is refused: %s",
    async (text) => {
      const json = { "Content-Type": "application/json" };
      expect((await call(ACTION, Buffer.from(text), json)).status).toBe(400);
    },
  );

  it("may be made anew when its outputs were lost", async () => {
    await call(ACTION, naming(utf8("lost")));
    const better = utf8("made again");
    await upload(better);
    await call(ACTION, naming(better));
    expect((await call(ACTION)).body).toEqual(Buffer.from(naming(better)));
  });

  it("shares its paths with ccache, whose bodies go through as they are", async () => {
    const file = "../../../proof/digest/ccache/testdata/result-plain-short.first-build.bin";
    const body = readFileSync(new URL(file, import.meta.url));
    expect((await call(ACTION, body)).status).toBe(200);
    const answer = await call(ACTION);
    expect(answer.body.length).toBe(body.length);
    expect(answer.body.subarray(15, -16)).toEqual(body.subarray(15, -16));
    await eventually(() => cluster.rows.size === 1);
    expect([...cluster.rows.values()][0]?.kind).toBe("ccache-result/1");
    const broken = Buffer.concat([body, Buffer.from("x")]);
    expect((await call(`/ac/${actionOf(2)}`, broken)).status).toBe(400);
  });

  it("answers moon's question for the status", async () => {
    expect((await call("/status")).status).toBe(200);
  });
});
