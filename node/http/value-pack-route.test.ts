import { describe, expect, it, onTestFinished } from "vitest";
import { toHex, utf8 } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import { VALUE_PACK_BYTES_MAX, encodeValuePack } from "../../consensus/wire/value-pack.ts";
import type { PackedValue } from "../../consensus/wire/value-pack.ts";
import type { BlobStore } from "../host/blob-store.ts";
import type { ValueDesk } from "../host/value-desk.ts";
import { UPLOAD_COUNT_PER_WRITER_MAX } from "../limits.ts";
import { Figures } from "../metrics/figures.ts";
import { HttpServer } from "./http-server.ts";
import { UploadSlots } from "./upload-slots.ts";
import { valuePackRoute } from "./value-pack-route.ts";

const valueOf = (text: string): PackedValue => {
  const bytes = utf8(text);
  return { digest: nodeCrypto.hash(bytes), bytes };
};

interface Scene {
  readonly put: (first: Hash, body: Uint8Array) => Promise<number>;
  readonly stored: Set<string>;
  readonly arrived: string[];
  readonly figures: Figures;
  readonly slots: UploadSlots;
}

/** A replica that wants these values. */
async function serve(wanted: readonly PackedValue[]): Promise<Scene> {
  const [stored, figures, slots] = [new Set<string>(), new Figures(), new UploadSlots()];
  const arrived: string[] = [];
  const sizes = new Map(wanted.map(({ digest, bytes }) => [toHex(digest), bytes.length]));
  const blobs = {
    receiveSmall: (digest: Hash, bytes: Uint8Array) => {
      const isRight = toHex(nodeCrypto.hash(bytes)) === toHex(digest);
      if (isRight) stored.add(toHex(digest));
      return Promise.resolve(isRight);
    },
  } as unknown as BlobStore;
  const desk = {
    wantedSize: (digest: Hash) => sizes.get(toHex(digest)),
    writersOf: (digest: Hash) => (sizes.has(toHex(digest)) ? ["writer"] : []),
    digestersFor: () => new Map(),
    arrived: (digest: Hash) => void arrived.push(toHex(digest)),
  } as unknown as ValueDesk;
  const route = valuePackRoute({ blobs, desk, figures, slots });
  const requests = new Map([["/blobs/", route]]);
  const server = new HttpServer({ requests, upgrades: new Map() }, figures.drops);
  onTestFinished(() => server.close());
  const { port } = await server.listen("127.0.0.1", 0);
  const put = async (first: Hash, body: Uint8Array): Promise<number> => {
    const url = `http://127.0.0.1:${port}/blobs/${toHex(first)}`;
    const answer = await fetch(url, { method: "PUT", body: new Uint8Array(body) });
    await answer.text();
    return answer.status;
  };
  return { put, stored, arrived, figures, slots };
}

const [one, two, other] = [valueOf("one"), valueOf("two"), valueOf("nobody wants it")];
const names = (...values: PackedValue[]): string[] => values.map(({ digest }) => toHex(digest));

describe("values that are uploaded together", () => {
  it("are all kept and told of", async () => {
    const { put, stored, arrived, figures } = await serve([one, two]);
    expect(await put(one.digest, encodeValuePack([one, two, one]))).toBe(200);
    expect([...stored]).toEqual(names(one, two));
    expect(arrived).toEqual(names(one, two));
    expect(figures.uploads).toBe(2);
  });

  it("are kept as far as somebody wants them and they are what their names say", async () => {
    const { put, arrived, figures } = await serve([one, two]);
    const false2 = { digest: two.digest, bytes: utf8("owt") };
    const longer = { digest: two.digest, bytes: utf8("two and more") };
    expect(await put(one.digest, encodeValuePack([one, other, false2]))).toBe(200);
    expect(await put(one.digest, encodeValuePack([longer]))).toBe(200);
    expect(arrived).toEqual(names(one));
    expect(figures.drops.get("upload-wrong-bytes")).toBe(1);
  });

  it("are not read when nobody wants the first, or when they are too many", async () => {
    const { put, arrived, figures } = await serve([one]);
    expect(await put(other.digest, encodeValuePack([other, one]))).toBe(409);
    expect(await put(one.digest, new Uint8Array(VALUE_PACK_BYTES_MAX + 1))).toBe(413);
    expect(arrived).toEqual([]);
    expect(figures.drops.get("upload-409")).toBe(1);
  });

  it("are refused as a whole when they are no pack, and leave their slot", async () => {
    const { put, arrived, slots } = await serve([one]);
    for (let times = 0; times <= UPLOAD_COUNT_PER_WRITER_MAX; times++) {
      expect(await put(one.digest, encodeValuePack([one]).subarray(0, -1))).toBe(400);
    }
    expect(arrived).toEqual([]);
    const held = Array.from({ length: UPLOAD_COUNT_PER_WRITER_MAX }, () =>
      slots.take("", ["writer"]),
    );
    expect(await put(one.digest, encodeValuePack([one]))).toBe(503);
    held[0]!();
    expect(await put(one.digest, encodeValuePack([one]))).toBe(200);
  });
});
