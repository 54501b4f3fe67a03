import { hash as hashOf } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import { signingKey } from "../base/host/signing-key.ts";
import { Prng } from "../base/prng.ts";
import { hlcFromMs } from "../base/hlc.ts";
import type { Epoch, Hash, ReplicaIndex, Sequence } from "../base/types.ts";
import { genesisOf } from "../consensus/genesis.ts";
import { entryStateKey } from "../consensus/map/state-keys.ts";
import { rowHash } from "../consensus/map/node-hash.ts";
import { AuthenticatedMap } from "../consensus/map/trie.ts";
import type { MapVersion } from "../consensus/map/trie.ts";
import { MAP_KEY_SIZE } from "../consensus/limits.ts";
import { encodeReceipt } from "../consensus/receipt/receipt-bytes.ts";
import { verifyReceipt } from "../consensus/receipt/verify-receipt.ts";
import { DOMAIN, signingBytes } from "../consensus/signing.ts";
import { statementCodec } from "../consensus/wire/certificate.ts";

/**
 * What the state root costs a write, in CPU time, after 10^4, 10^5 and 10^6 entries, what an entry costs in
 * memory, and how many receipts one core verifies. No bar: figures to look at over time.
 */
const SIZES = [10_000, 100_000, 1_000_000];
const BATCHES = 100;
const BATCH_SIZE = 200;
/** As many versions as lie between two checkpoints' releases. */
const VERSIONS_KEPT = 128;
const RECEIPTS = 3000;

const hash = (bytes: Uint8Array): Hash => hashOf("sha256", bytes, "buffer") as Uint8Array as Hash;
const prng = new Prng(1);
const randomKey = (): Uint8Array => {
  const key = prng.bytes(MAP_KEY_SIZE);
  key[0] = 1;
  return key;
};
/** CPU time of this process: other load on the machine does not count. */
const microseconds = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return user + system;
};

interface Measured {
  readonly entries: number;
  readonly microsecondsPerWrite: number;
  readonly hashesPerWrite: number;
  readonly proofMicroseconds: number;
  readonly bytesPerEntry: number;
}

function measure(entries: number): Measured {
  let hashes = 0;
  const before = process.memoryUsage().arrayBuffers;
  const map = new AuthenticatedMap((bytes) => {
    hashes++;
    return hash(bytes);
  });
  const row = rowHash(hash, new Uint8Array(400));
  for (let count = 0; count < entries; count++) map.set(randomKey(), row);
  const versions: MapVersion[] = [map.commit()];
  const bytesPerEntry = (process.memoryUsage().arrayBuffers - before) / entries;
  const keys = Array.from({ length: BATCHES * BATCH_SIZE }, randomKey);
  hashes = 0;
  const start = process.cpuUsage();
  for (let batch = 0; batch < BATCHES; batch++) {
    for (let write = 0; write < BATCH_SIZE; write++)
      map.set(keys[batch * BATCH_SIZE + write]!, row);
    versions.push(map.commit());
    if (versions.length > VERSIONS_KEPT) map.release(versions.shift()!);
  }
  const microsecondsPerWrite = microseconds(start) / keys.length;
  const hashesPerWrite = hashes / keys.length;
  const proofStart = process.cpuUsage();
  for (const key of keys.slice(0, 5000)) map.prove(versions.at(-1)!, key);
  const proofMicroseconds = microseconds(proofStart) / 5000;
  return { entries, microsecondsPerWrite, hashesPerWrite, proofMicroseconds, bytesPerEntry };
}

/** Receipts of absence under a root of 10^5 entries, three signatures each, none remembered. */
function receiptsPerSecond(): number {
  const signers = [1, 2, 3, 4].map((seed) => signingKey(new Uint8Array(32).fill(seed)));
  const members = signers.map(({ publicKey }, at) => ({ publicKey, address: `a:${at + 1}` }));
  const time = hlcFromMs(1_800_000_000_000);
  const content = { name: "bench", members, faultyMax: 1, writers: [], namespaces: [], time };
  const genesis = genesisOf(hash, content);
  const map = new AuthenticatedMap(hash);
  for (let count = 0; count < 100_000; count++) map.set(randomKey(), hash(new Uint8Array(1)));
  const version = map.commit();
  const epoch = 0 as Epoch;
  const statement = statementCodec.encode({
    epoch,
    sequence: 1 as Sequence,
    stateRoot: version.root,
    agreedTime: time,
  });
  const signed = signingBytes(DOMAIN.statement, genesis.clusterId, epoch, statement);
  const signatures = signers.slice(0, 3).map((signer, at) => ({
    author: at as ReplicaIndex,
    signature: signer.sign(signed),
  }));
  const receipts = Array.from({ length: RECEIPTS }, () => {
    const key = prng.bytes(32) as Hash;
    return encodeReceipt(hash, {
      format: 1,
      clusterId: genesis.clusterId,
      namespace: "bench",
      key,
      proof: map.prove(version, entryStateKey(hash, "bench", key)),
      row: new Uint8Array(0),
      certificate: { statement, signatures },
      heartbeats: [],
      links: [],
    });
  });
  const start = process.cpuUsage();
  for (const receipt of receipts) {
    if (!verifyReceipt(nodeCrypto, genesis, receipt).valid) throw new Error("a receipt is refused");
  }
  return (RECEIPTS / microseconds(start)) * 1e6;
}

const measured = SIZES.map(measure);
console.log("   entries   µs/write   hashes/write   µs/proof   trie B/entry");
for (const each of measured) {
  const cells = [
    String(each.entries).padStart(10),
    each.microsecondsPerWrite.toFixed(1).padStart(10),
    each.hashesPerWrite.toFixed(1).padStart(14),
    each.proofMicroseconds.toFixed(1).padStart(10),
    each.bytesPerEntry.toFixed(0).padStart(14),
  ];
  console.log(cells.join(" "));
}
const perSecond = receiptsPerSecond();
console.log(`receipts verified per second, one core: ${perSecond.toFixed(0)}`);
mkdirSync("bench/results", { recursive: true });
writeFileSync(
  "bench/results/state-root.json",
  `${JSON.stringify({ measured, receiptsPerSecond: perSecond }, undefined, 2)}\n`,
);
