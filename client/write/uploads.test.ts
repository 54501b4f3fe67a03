import { describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { PACKED_VALUE_BYTES_MAX, VALUE_PACK_BYTES_MAX } from "../../consensus/wire/value-pack.ts";
import { UPLOADS_AT_ONCE_MAX } from "../limits.ts";
import type { ReplicaLink } from "../link/replica-link.ts";
import { nodeHasher } from "../platform/node-platform.ts";
import type { Platform } from "../platform/platform.ts";
import type { StreamedValue } from "../types.ts";
import { Uploads } from "./uploads.ts";

function value(size: number, seed: number, sent = size): StreamedValue {
  const bytes = new Uint8Array(size).fill(seed);
  const open = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, sent);
  };
  return { digest: nodeCrypto.hash(bytes), size, open };
}

/** What one replica is sent: a list for each request, and those that it has not answered. */
function replica(values: readonly StreamedValue[], takesPacks = true) {
  const requests: string[][] = [];
  const answers: (() => void)[] = [];
  const changed: Error[] = [];
  const answered = (taken: boolean): Promise<boolean> =>
    new Promise((resolve) => answers.push(() => resolve(taken)));
  const drained = async ({ open }: StreamedValue): Promise<void> => {
    for await (const _piece of open());
  };
  const blobs = {
    put: async (_address: string, one: StreamedValue) => {
      await drained(one);
      requests.push([toHex(one.digest)]);
      return answered(true);
    },
    putPack: async (_address: string, some: readonly StreamedValue[]) => {
      for (const one of some) await drained(one);
      requests.push(some.map(({ digest }) => toHex(digest)));
      return answered(takesPacks);
    },
  };
  const platform = { blobs, newHasher: nodeHasher } as unknown as Platform;
  const uploads = new Uploads(values, { platform, onChanged: (error) => void changed.push(error) });
  const link = { index: 0, address: "replica" } as ReplicaLink;
  const want = (...some: StreamedValue[]) =>
    uploads.want(
      link,
      some.map(({ digest }) => digest),
    );
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
  const names = (...some: StreamedValue[]): string[] => some.map(({ digest }) => toHex(digest));
  return { requests, answers, changed, uploads, want, settled, names };
}

describe("the uploads of a write set", () => {
  it("bring small values together and large ones alone", async () => {
    const small = Array.from({ length: 20 }, (_, seed) => value(PACKED_VALUE_BYTES_MAX, seed));
    const large = value(PACKED_VALUE_BYTES_MAX + 1, 99);
    const { requests, want, settled, names } = replica([...small, large]);
    want(...small, large);
    await settled();
    const fitting = Math.floor(VALUE_PACK_BYTES_MAX / (PACKED_VALUE_BYTES_MAX + 36));
    expect(requests).toHaveLength(3);
    expect(requests).toContainEqual(names(...small.slice(0, fitting)));
    expect(requests).toContainEqual(names(...small.slice(fitting)));
    expect(requests).toContainEqual(names(large));
  });

  it("bring each by itself to a replica that takes no pack", async () => {
    const [one, two] = [value(3, 1), value(3, 2)];
    const { requests, answers, want, settled, names, uploads } = replica([one, two], false);
    want(one, two);
    for (const expected of [[names(one, two)], [names(one)], [names(two)]]) {
      await settled();
      expect(requests.splice(0)).toEqual(expected);
      answers.shift()!();
    }
    await settled();
    expect(uploads.active).toBe(false);
  });

  it("send nothing twice at one time, and only so many requests", async () => {
    const values = Array.from({ length: UPLOADS_AT_ONCE_MAX + 2 }, (_, seed) =>
      value(PACKED_VALUE_BYTES_MAX + 1, seed),
    );
    const { requests, answers, want, settled, uploads } = replica(values);
    want(...values);
    want(...values);
    await settled();
    expect(requests).toHaveLength(UPLOADS_AT_ONCE_MAX);
    while (answers.length > 0) {
      for (const answer of answers.splice(0)) answer();
      await settled();
    }
    expect(requests).toHaveLength(values.length);
    expect(uploads.active).toBe(false);
  });

  it("end when our own bytes are not what was signed", async () => {
    const [one, changed] = [value(3, 1), value(3, 2, 2)];
    const scene = replica([one, changed]);
    scene.want(one, changed);
    await scene.settled();
    expect(scene.requests).toEqual([]);
    expect(scene.changed).toMatchObject([{ code: "VALUE_CHANGED" }]);
  });
});
