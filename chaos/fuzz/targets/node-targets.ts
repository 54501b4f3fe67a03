import { equalBytes, fromUtf8, toHex } from "../../../base/bytes.ts";
import { parseKeyFile } from "../../../base/host/key-file.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { signingKey } from "../../../base/host/signing-key.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { Hash, Hlc, Sequence } from "../../../base/types.ts";
import type { TestCluster } from "../../../consensus/replica/testing/test-cluster.ts";
import { parseHosts } from "../../../cluster/init/addresses.ts";
import { readHello } from "../../../node/transport/handshake.ts";
import { parseRange } from "../../../node/http/byte-range.ts";
import { decodePromise, encodePromise } from "../../../node/promises/promise-record.ts";
import { sha256OfParts } from "../../../node/promises/promise-files.ts";
import { readPromises, segmentName } from "../../../node/promises/read-promises.ts";
import {
  encodeFrame,
  encodeSegmentHeader,
  scanSegment,
} from "../../../node/promises/segment-format.ts";
import { decodeState, encodeState, openRow, sealRow } from "../../../node/store/stored-row.ts";
import {
  decodeLocation,
  decodeValueHeader,
  VALUE_HEADER_SIZE,
  encodeLocation,
  findValueHeader,
  writeValueHeader,
} from "../../../node/store/value-record.ts";
import { demand } from "../target.ts";
import type { FuzzTarget } from "../target.ts";

const HASH = new Uint8Array(32).fill(6) as Hash;
const text = (bytes: Uint8Array): string => fromUtf8(bytes) ?? "";
const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);

/** What a replica reads from its own disk, where anything may have rotted, and from HTTP. */
export function nodeTargets(cluster: TestCluster): readonly FuzzTarget[] {
  return [
    ...promiseTargets(cluster),
    segmentTarget(cluster),
    ...storeTargets(),
    ...textTargets(),
    helloTarget(cluster),
  ];
}

/** The first byte says which kind: those below 32 are promises. */
function promiseTargets(cluster: TestCluster): readonly FuzzTarget[] {
  const { promises } = cluster.host(1);
  const records = promises === "missing" ? [] : promises;
  const kinds = new Set(records.map(({ type }) => type));
  const samples = [...kinds].map((kind) => records.find(({ type }) => type === kind)!);
  const seeds = samples
    .filter((record) => record.type !== "floor")
    .map((record) => {
      const { kind, parts } = encodePromise(record);
      return Uint8Array.of(kind, ...parts.flatMap((part) => [...part]));
    })
    .filter((seed) => seed.length < 4096);
  const feed = (input: Uint8Array): boolean => {
    const record = decodePromise(input[0] ?? 0, input.subarray(1));
    if (record === undefined || record.type === "floor") return false;
    const { kind, parts } = encodePromise(record);
    const again = Uint8Array.of(kind, ...parts.flatMap((part) => [...part]));
    demand(equalBytes(again, input), "a promise has one encoding");
    return true;
  };
  return [{ name: "promise record", seeds, feed }];
}

function segmentTarget(cluster: TestCluster): FuzzTarget {
  const { header, salt } = encodeSegmentHeader(1, {
    random: (size) => new Uint8Array(size).fill(9),
    sha256: sha256OfParts,
  });
  const { promises } = cluster.host(1);
  const records = (promises === "missing" ? [] : promises).filter(({ type }) => type === "vote");
  const frames = [0, 1].map((index) => {
    const stored = records
      .slice(index * 2, index * 2 + 2)
      .filter((record) => record.type !== "floor")
      .map((record) => encodePromise(record));
    return encodeFrame({ salt, frameIndex: index }, stored, sha256OfParts);
  });
  const whole = Buffer.concat([header, ...frames]);
  return {
    name: "promise segment",
    seeds: [new Uint8Array(whole), new Uint8Array(Buffer.concat([header, frames[0]!]))],
    feed: (input) => {
      const scanned = scanSegment(input, sha256OfParts);
      demand(scanned === undefined || scanned.end <= input.length, "no frame ends past the file");
      const judged = readPromises({
        list: () => [segmentName(1)],
        read: () => input,
        sha256: sha256OfParts,
      });
      demand(judged.state !== "ok" || scanned !== undefined, "a damaged header is no promise");
      return scanned?.verdict === "whole";
    },
  };
}

function storeTargets(): readonly FuzzTarget[] {
  const key = new Uint8Array(33).fill(2);
  const valueHeader = Buffer.alloc(VALUE_HEADER_SIZE);
  writeValueHeader(valueHeader, 0, HASH, 500);
  const state = { sequence: 7 as Sequence, stateRoot: HASH, agreedTime: 9n as Hlc };
  const location = { segment: 3, offset: 4096, length: 77 };
  return [
    {
      name: "stored row",
      seeds: [
        sealRow(nodeCrypto.hash, key, utf8("row")),
        sealRow(nodeCrypto.hash, key, new Uint8Array(0)),
      ],
      feed: (input) => {
        const row = openRow(nodeCrypto.hash, key, input);
        demand(
          row === undefined || equalBytes(sealRow(nodeCrypto.hash, key, row), input),
          "a row has one seal",
        );
        return row !== undefined;
      },
    },
    {
      name: "stored state",
      seeds: [encodeState(state)],
      feed: (input) => {
        const decoded = decodeState(input);
        if (decoded === undefined) return false;
        demand(Number.isSafeInteger(decoded.sequence), "a sequence is a safe integer");
        demand(equalBytes(encodeState(decoded), input), "a state has one encoding");
        return true;
      },
    },
    {
      name: "value-log header",
      seeds: [new Uint8Array(valueHeader)],
      feed: (input) => {
        const bytes = Buffer.from(input);
        const header = decodeValueHeader(bytes);
        const at = findValueHeader(bytes, 0);
        demand(header === undefined || at === 0, "what is a header is found as one");
        return header !== undefined;
      },
    },
    {
      name: "value location",
      seeds: [encodeLocation(location)],
      feed: (input) => {
        const decoded = decodeLocation(input);
        if (decoded === undefined) return false;
        demand(equalBytes(encodeLocation(decoded), input), "a location has one encoding");
        return true;
      },
    },
  ];
}

function textTargets(): readonly FuzzTarget[] {
  const key = signingKey(new Uint8Array(32).fill(8));
  const keyFile = {
    ...{ format: 1, type: "quorate-key", publicKey: toHex(key.publicKey) },
    secretKey: toHex(new Uint8Array(32).fill(8)),
  };
  return [
    {
      name: "key file",
      seeds: [utf8(`${JSON.stringify(keyFile)}\n`)],
      feed: (input) => refusing(/^KEY_FILE_/, () => void parseKeyFile("key.json", input)),
    },
    {
      name: "--hosts",
      seeds: [utf8("a:7400,[::1]:7401,127.0.0.1:9")],
      feed: (input) => refusing(/^ADDRESS_INVALID$/, () => void parseHosts(text(input), false)),
    },
    {
      name: "Range header",
      seeds: ["bytes=0-99", "bytes=5-", "bytes=-7"].map(utf8),
      feed: (input) => {
        const range = parseRange(text(input), 500);
        if (range === undefined || range === "unsatisfiable") return false;
        demand(range.start >= 0 && range.start <= range.end && range.end < 500, "inside the value");
        return true;
      },
    },
  ];
}

function helloTarget(cluster: TestCluster): FuzzTarget {
  const { committee } = cluster;
  const identity = {
    ...{ index: 0 as never, committee, crypto: { hash: () => HASH, verify: () => false } },
    ...{ sign: () => new Uint8Array(64) as never, nonce: () => HASH },
  };
  return {
    name: "hello",
    seeds: [],
    feed: (input) => typeof readHello(identity, input, 1) !== "string",
  };
}

/** Refusal by a typed error is what these promise; whatever else is thrown is a finding. */
function refusing(codes: RegExp, parse: () => void): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof QuorateError && codes.test(error.code)) return false;
    throw error;
  }
}
