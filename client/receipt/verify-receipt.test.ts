import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { connect } from "../connect.ts";
import { FakeCluster } from "../testing/fake-cluster.ts";
import { formatReceiptFile, parseReceiptFile } from "./receipt-file.ts";
import { receiptText } from "./receipt-text.ts";
import { verifyReceipt } from "./verify-receipt.ts";

let cluster: FakeCluster;
let presence: Uint8Array;
let absence: Uint8Array;

beforeAll(async () => {
  cluster = await FakeCluster.start();
  const client = await connect({ genesis: cluster.genesis });
  while (client.status().replicas.some(({ connected }) => !connected)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  cluster.push();
  presence = (await client.get("space", "name")).receipt();
  absence = (await client.get("space", "other")).receipt();
  await client.close();
});
afterAll(() => cluster.close());

const verify = (receipt: Uint8Array, value?: Uint8Array): ReturnType<typeof verifyReceipt> =>
  verifyReceipt(nodeCrypto, { genesis: cluster.genesis, receipt, value });

describe("a receipt that the library handed out", () => {
  it("holds offline, with its value", () => {
    expect(verify(presence, cluster.value)).toMatchObject({ valid: true, kind: "presence" });
    expect(verify(absence)).toMatchObject({ valid: true, kind: "absence" });
  });

  it("fails with a reason when any one byte of it or of the value is another", () => {
    const change = fc.integer({ min: 1, max: 255 });
    fc.assert(
      fc.property(
        fc.constantFrom("presence", "absence", "value"),
        fc.nat(),
        change,
        (what, at, by) => {
          const bytes = { presence, absence, value: cluster.value }[what].slice();
          bytes[at % bytes.length]! ^= by;
          const verdict = what === "value" ? verify(presence, bytes) : verify(bytes);
          expect(verdict.valid).toBe(false);
          expect(verdict.valid ? "" : verdict.reason).not.toBe("");
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is refused under another cluster's file", async () => {
    const other = await FakeCluster.start();
    const question = { genesis: other.genesis, receipt: presence };
    expect(verifyReceipt(nodeCrypto, question)).toMatchObject({ valid: false });
    await other.close();
  });
});

describe("the receipt's file", () => {
  it("gives the same bytes back, and takes no other form", () => {
    const file = formatReceiptFile(presence);
    expect(parseReceiptFile(file)).toEqual(presence);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = file.slice();
        changed[at]! ^= by;
        const parsed = parseReceiptFile(changed);
        if (parsed !== undefined) expect(parsed).not.toEqual(presence);
      }),
    );
  });
});

describe("the receipt's text", () => {
  it("names its time and never speaks of the present", () => {
    for (const verdict of [verify(presence), verify(absence)]) {
      const text = receiptText(verdict);
      expect(text).toMatch(/at +20\d\d-\d\d-\d\dT/);
      expect(text).not.toMatch(/current|now|still/i);
    }
    expect(receiptText(verify(Uint8Array.of(1)))).toMatch(/^refused \(RECEIPT_MALFORMED\)/);
  });
});

describe("quorate/receipt in a browser", () => {
  it("imports nothing of Node, however far one follows", () => {
    const start = fileURLToPath(new URL("verify-receipt.ts", import.meta.url));
    const root = join(dirname(start), "../..");
    const seen = new Set<string>();
    const foreign = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      const text = readFileSync(path, "utf8");
      for (const [statement, name] of text.matchAll(/^(?:import|export)[^;]*?from "([^"]+)";/gms)) {
        if (/^(?:import|export) type /.test(statement)) continue;
        if (name!.startsWith(".")) visit(join(dirname(path), name!));
        else foreign.add(name!);
      }
    };
    visit(start);
    expect([...foreign].filter((name) => name.startsWith("node:"))).toEqual([]);
    expect([...foreign].filter((name) => !name.startsWith("protobufjs"))).toEqual([]);
    const rooms = [...seen].map((path) => relative(root, path).split("/")[0]);
    expect(new Set(rooms)).toEqual(new Set(["base", "consensus", "client"]));
    expect([...seen].filter((path) => path.includes("/host/"))).toEqual([]);
  });
});
