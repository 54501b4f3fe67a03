import { equalBytes, fromUtf8, uint32Bytes } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { Epoch, Hash, Hlc } from "../../../base/types.ts";
import { Epochs } from "../../../consensus/epochs/epochs.ts";
import { decodeEntryRecord, encodeEntryRecord } from "../../../client/gateway/entry-record.ts";
import { decodeRecord, encodeRecord } from "../../../client/gateway/journal/journal-record.ts";
import type { JournalRecord } from "../../../client/gateway/journal/journal-record.ts";
import { parseRoute } from "../../../client/gateway/route.ts";
import { ReaderClock } from "../../../client/link/reader-clock.ts";
import { Sweep } from "../../../client/link/sweep.ts";
import { nodePlatform } from "../../../client/platform/node-platform.ts";
import { Floor } from "../../../client/read/floor.ts";
import { formatReceiptFile, parseReceiptFile } from "../../../client/receipt/receipt-file.ts";
import { KeptState } from "../../../client/state/kept-state.ts";
import { parseHistory } from "../../checkers/formats/parse-history.ts";
import { demand } from "../target.ts";
import type { FuzzTarget } from "../target.ts";

const HASH = new Uint8Array(32).fill(6) as Hash;
const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);

/** What the asking machine reads: from its own disk, from tools, from people. */
export function clientTargets(): readonly FuzzTarget[] {
  return [
    journalTarget(),
    keptStateTarget(),
    entryRecordTarget(),
    receiptFileTarget(),
    routeTarget(),
    historyTarget(),
  ];
}

/** What stands behind size and checksum, which are right each time: a disk that rots is the rest. */
function journalTarget(): FuzzTarget {
  const signed = { digest: HASH, bytes: utf8("signed"), notAfter: 5n as Hlc, inline: true };
  const intent = {
    ...{ namespace: "some", name: "a/b", kind: "raw/1", size: 3, succeeds: 0 },
    ...{ digest: HASH, semanticDigest: HASH },
  };
  const records: readonly JournalRecord[] = [
    { type: "add", id: 1, intent, signed, value: utf8("abc") },
    { type: "add", id: 2, intent, signed: undefined, value: undefined },
    { type: "sign", id: 2, succeeds: 4, signed },
    { type: "done", id: 1 },
  ];
  return {
    name: "journal record",
    seeds: records.map((record) => encodeRecord(record).slice(20)),
    feed: (rest) => {
      const sum = nodeCrypto.hash(rest).subarray(0, 16);
      const file = Uint8Array.of(...uint32Bytes(rest.length), ...sum, ...rest);
      demand(decodeRecord(rest, 0)?.record === undefined || rest.length > 20, "torn is no record");
      const record = decodeRecord(file, 0)?.record;
      if (record === undefined) return false;
      demand(Number.isSafeInteger(record.id), "an id is a whole number");
      const again = decodeRecord(encodeRecord(record), 0)?.record;
      demand(JSON.stringify(again, plain) === JSON.stringify(record, plain), "it comes back");
      return true;
    },
  };
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** Damaged or foreign: the reader begins anew. What is taken lies within its types. */
function keptStateTarget(): FuzzTarget {
  const clusterId = new Uint8Array(32).fill(1) as Hash;
  const kept = {
    ...{ format: 1, clusterId: "01".repeat(32), served: 7, written: 9, highest: "262144000000" },
    revocation: { count: 3, head: "03".repeat(32) },
    links: ["04".repeat(40)],
  };
  const platform = { ...nodePlatform({ folder: undefined }), every: () => () => undefined };
  return {
    name: "kept state",
    seeds: [utf8(JSON.stringify(kept)), utf8(JSON.stringify({ ...kept, revocation: undefined }))],
    feed: async (input) => {
      const sweep = new Sweep(platform);
      const [floor, clock] = [new Floor(), new ReaderClock(platform)];
      const genesis = { clusterId, epoch: 0 as Epoch, members: [], faultyMax: 0 };
      const epochs = new Epochs(platform.crypto, genesis);
      const storage = { load: () => Promise.resolve(input), save: () => Promise.resolve() };
      const state = new KeptState({ clusterId, storage }, { floor, clock, sweep, epochs });
      await state.load();
      demand(Number.isSafeInteger(floor.session) && floor.session >= 0, "a floor is a sequence");
      demand(clock.highest >= 0n && clock.highest < 1n << 64n, "a time has 64 bits");
      const count = state.revocation?.count ?? 0;
      demand(Number.isSafeInteger(count) && count >= 0, "a position is a count");
      return floor.session > 0 || clock.highest > 0n || state.revocation !== undefined;
    },
  };
}

function entryRecordTarget(): FuzzTarget {
  return {
    name: "cached entry",
    seeds: [
      encodeEntryRecord({
        ...{ certified: true, kind: "raw/1", semanticDigest: HASH, certifiedDigest: HASH },
        ...{ version: 1, expiryMs: 5 },
      }),
    ],
    feed: (input) => {
      const record = decodeEntryRecord(input);
      if (record === undefined) return false;
      demand(Number.isSafeInteger(record.version), "a version is a whole number");
      demand(Number.isSafeInteger(record.expiryMs), "an end is a whole number");
      demand(equalBytes(encodeEntryRecord(record), input), "a cached entry has one encoding");
      return true;
    },
  };
}

function receiptFileTarget(): FuzzTarget {
  return {
    name: "receipt file",
    seeds: [formatReceiptFile(HASH)],
    feed: (input) => {
      const receipt = parseReceiptFile(input);
      if (receipt === undefined) return false;
      demand(equalBytes(formatReceiptFile(receipt), input), "a receipt file has one form");
      return true;
    },
  };
}

function routeTarget(): FuzzTarget {
  return {
    name: "door path",
    seeds: ["ab/cdef0123", "some-space/key", "ac/%41%2f%C3%A4", "%"].map(utf8).slice(0, 3),
    feed: (input) => {
      const route = parseRoute(fromUtf8(input) ?? "");
      if (route === undefined) return false;
      demand(/^[a-z0-9-]{3,64}$/.test(route.namespace), "a namespace is one");
      demand(route.name !== "" && Buffer.byteLength(route.name) <= 512, "a name is in its bounds");
      return true;
    },
  };
}

function historyTarget(): FuzzTarget {
  const head = '{"format":"quorate-history/1","model":"entry"}';
  const line =
    '{"process":0,"key":"a","action":"read","input":[],"output":"1","call":0,"return":1}';
  return {
    name: "history file",
    seeds: [
      utf8(`${head}\n${line}\n`),
      utf8("INFO  jepsen.util - 0\t:invoke\t:read\tnil\n"),
      utf8('{:process 9, :type :invoke, :f :append, :key "0", :value "x"}\n'),
    ],
    feed: (input) => {
      try {
        parseHistory(fromUtf8(input) ?? "");
        return true;
      } catch (error) {
        if (error instanceof QuorateError && error.code === "HISTORY_INVALID") return false;
        throw error;
      }
    },
  };
}
