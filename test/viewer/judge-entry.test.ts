import { afterAll, beforeAll, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { connect } from "../../client/connect.ts";
import { FakeCluster } from "../../client/testing/fake-cluster.ts";
import { keyOfName } from "../../consensus/hashing.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { judgeEntry } from "../../viz/feed/judge-entry.ts";

let cluster: FakeCluster;
let receipt: Uint8Array;
const KEY = toHex(keyOfName(nodeCrypto.hash, "name")).slice(0, 16);

beforeAll(async () => {
  cluster = await FakeCluster.start();
  const client = await connect({ genesis: cluster.genesis });
  await eventually(() => client.status().replicas.every(({ connected }) => connected));
  cluster.push();
  receipt = (await client.get("space", "name")).receipt();
  await client.close();
});
afterAll(() => cluster.close());

const judge = (bytes: Uint8Array, key = KEY): ReturnType<typeof judgeEntry> => {
  const genesis =
    typeof cluster.genesis === "string" ? cluster.genesis : JSON.stringify(cluster.genesis);
  return judgeEntry({ receipt: Buffer.from(bytes).toString("base64"), genesis }, { key });
};

it("verifies a receipt with the primitives that a browser has", () => {
  const judged = judge(receipt);
  expect(judged.verdict).toBe("verified");
  expect(judged.facts).toEqual(expect.arrayContaining([["name", "name"]]));
  expect(judged.sentence).toContain("served at sequence");
});

it("refuses one in which any byte is another, and says why", () => {
  for (let at = 0; at < receipt.length; at += 37) {
    const other = receipt.slice();
    other[at]! ^= 1;
    expect(judge(other)).toMatchObject({
      verdict: "refused",
      sentence: expect.stringMatching(/^Refused: ./) as string,
    });
  }
});

it("refuses another entry's receipt, however valid", () => {
  expect(judge(receipt, "0123456789abcdef")).toMatchObject({
    verdict: "refused",
    sentence: "Refused: it is another entry's receipt.",
  });
});
