import { randomBytes } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { newSeed, signingKey } from "../../base/host/signing-key.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import type { Epoch, ReplicaIndex, Sequence } from "../../base/types.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import {
  nextConfiguration,
  reconfigureOperation,
} from "../../cluster/membership/plan-configuration.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { buildEvidence } from "../../consensus/evidence/build-evidence.ts";
import { keyOfName } from "../../consensus/hashing.ts";
import { parseGenesis } from "../../consensus/genesis-file.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import { entryStateKey, SPACE } from "../../consensus/map/state-keys.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import { SIGNED_STATEMENT, signedCodec, statementCodec } from "../../consensus/wire/certificate.ts";
import { EVIDENCE_STATEMENTS } from "../../consensus/wire/evidence.ts";
import {
  ADMINISTRATION_NAMESPACE,
  ADMINISTRATION_QUARANTINE,
  ADMINISTRATION_REVOKE,
} from "../../consensus/wire/write-set.ts";
import type { AdministrationParts } from "../../consensus/wire/write-set.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { openRow } from "../../node/store/stored-row.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { TestClient } from "../../node/testing/test-client.ts";
import { equalRoots } from "./equal-roots.ts";

const VICTIM = 2;
const ENTRY_COUNT = 400;

interface StoredPair {
  readonly key: Uint8Array;
  readonly stored: Uint8Array;
}

/** In place, for the file may be mapped by a running process; answers how often it was there. */
function flipIn(path: string, needle: Uint8Array): number {
  const file = readFileSync(path);
  const descriptor = openSync(path, "r+");
  let count = 0;
  for (let at = file.indexOf(needle); at >= 0; at = file.indexOf(needle, at + 1)) {
    const middle = at + Math.floor(needle.length / 2);
    writeSync(descriptor, Uint8Array.of((file[middle] ?? 0) ^ 4), 0, 1, middle);
    count++;
  }
  closeSync(descriptor);
  return count;
}

describe("one bit flipped in a stored row of a replica", () => {
  let cluster: LocalCluster;
  let client: Client;
  const small = randomBytes(3000);
  const large = randomBytes(400_000);

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    client = await clientAs("writer");
    const names = Array.from({ length: ENTRY_COUNT }, (_, at) => `name-${at}`);
    await client.putMany(
      names.slice(0, 250).map((key) => ({ namespace: "rows", key, value: randomBytes(50) })),
    );
    await Promise.all(names.slice(250).map((key) => client.put("rows", key, randomBytes(50))));
    await client.put("rows", "small", small);
    await client.put("rows", "large", large);
    // A head and a record of the revocation log, and a row of a namespace.
    await client.delete("rows", "name-0");
    await administer("guarded", { action: ADMINISTRATION_NAMESPACE, confirmations: 1 });
  });
  afterAll(async () => {
    await client?.close();
    await cluster?.stop();
  });

  const clientAs = (who: string): Promise<Client> =>
    connect({
      genesis: cluster.genesis,
      signer: readKeyFile(join(cluster.folder, who, "key.json")),
    });
  const administer = async (namespace: string, what: AdministrationParts): Promise<void> => {
    const operator = await clientAs("operator");
    await operator.administer(namespace, what);
    await operator.close();
  };
  /** Two statements under the victim's own key for one sequence. */
  const evidenceAgainstVictim = (): Uint8Array => {
    const { clusterId } = parseGenesis(nodeCrypto.hash, cluster.genesis);
    const key = readKeyFile(folderLayout(cluster.nodeFolder(VICTIM)).keyFile);
    const epoch = 0 as Epoch;
    const [author, sequence] = [VICTIM as ReplicaIndex, 7 as Sequence];
    const parts = ["one", "other"].map((text) => {
      const stateRoot = nodeCrypto.hash(Buffer.from(text));
      const body = statementCodec.encode({ epoch, sequence, stateRoot, agreedTime: hlcFromMs(1) });
      const signature = key.sign(signingBytes(DOMAIN.statement, clusterId, epoch, body));
      return signedCodec.encode({ type: SIGNED_STATEMENT, author, epoch, body, signature });
    });
    return buildEvidence(clusterId, EVIDENCE_STATEMENTS, parts as [Uint8Array, Uint8Array]);
  };
  /** Rows that come and go, made just before they are looked for. */
  const make: Readonly<Record<string, () => Promise<void>>> = {
    // Until the next execution its votes are still to be withdrawn.
    revokedWriter: () =>
      administer("", {
        action: ADMINISTRATION_REVOKE,
        subject: signingKey(newSeed()).publicKey,
      }),
    quarantine: () =>
      administer("", { action: ADMINISTRATION_QUARANTINE, evidence: evidenceAgainstVictim() }),
    // The same members in another epoch, which has begun when the row is looked for.
    configuration: async () => {
      const current = genesisCommittee(parseGenesis(nodeCrypto.hash, cluster.genesis));
      const next = nextConfiguration(current, { add: [], remove: [], faultyMax: undefined });
      await administer("", reconfigureOperation(current, next, []));
      await eventually(() => client.status().epoch === next.epoch);
    },
  };
  const index = (): string => join(folderLayout(cluster.nodeFolder(VICTIM)).store, "index");

  const stop = async (): Promise<void> => {
    await equalRoots(cluster);
    const sequence = await cluster.metric(VICTIM, "quorate_sequence");
    await eventually(async () => (await stored("flushed_sequence")) === sequence);
    await cluster.kill(VICTIM);
  };
  const stored = async (what: string): Promise<number> => await labelled("quorate_store", what);
  const dropped = async (why: string): Promise<number> =>
    await labelled("quorate_dropped_total", why);
  const labelled = async (name: string, label: string): Promise<number> => {
    const text = await (await cluster.get(VICTIM, "/metrics")).text();
    const line = text.split("\n").find((each) => each.startsWith(name) && each.includes(label));
    return Number(line?.slice(line.lastIndexOf(" ") + 1) ?? 0);
  };

  /** Everything in a table of the stopped replica. */
  const rowsOf = async (table: "rows" | "values" | "meta"): Promise<StoredPair[]> => {
    const options = { encoding: "binary", keyEncoding: "binary" } as const;
    const root = open<Buffer, Uint8Array>({
      path: index(),
      noSubdir: false,
      overlappingSync: false,
      maxDbs: 8,
      ...options,
    });
    try {
      const rows = root.openDB<Buffer, Uint8Array>({ name: table, ...options });
      return [...rows.getRange({})].map(({ key, value }) => ({
        key: Uint8Array.from(key),
        stored: Uint8Array.from(value),
      }));
    } finally {
      await root.close();
    }
  };
  /** In the file itself, in every page that still has the row: which one is in use nobody knows. */
  const flip = ({ stored: bytes }: StoredPair): void => {
    expect(flipIn(join(index(), "data.mdb"), bytes)).toBeGreaterThan(0);
  };
  const inSpace = async (space: number): Promise<StoredPair> => {
    const row = (await rowsOf("rows")).find(({ key }) => key[0] === space);
    expect(row, `a row of space ${space}`).toBeDefined();
    return row!;
  };
  /** Its state is the others' again, with nothing damaged left on its disk. */
  const expectRepaired = async (): Promise<void> => {
    cluster.launch(VICTIM);
    await cluster.ready(VICTIM);
    const lines = await equalRoots(cluster);
    expect(new Set(lines.map((line) => `${line.sequence} ${line.stateRoot}`)).size).toBe(1);
    expect(lines.find(({ id }) => id === VICTIM)?.amnesiac).toBe(false);
    expect(await dropped("damaged-row")).toBe(1);
    expect(await labelled("quorate_transfers_total", "")).toBeGreaterThan(0);
    // It executes, and signs, on what was repaired.
    await client.put("rows", `after-${nextName++}`, randomBytes(50));
    await stop();
    const damaged = (await rowsOf("rows")).filter(
      ({ key, stored: row }) => !openRow(nodeCrypto.hash, key, row),
    );
    expect(damaged).toEqual([]);
    cluster.launch(VICTIM);
    await cluster.ready(VICTIM);
    expect(await dropped("damaged-row")).toBe(0);
  };
  let nextName = 0;

  it.each(Object.entries(SPACE))("of the space %s is repaired in place", async (name, space) => {
    await make[name]?.();
    await stop();
    flip(await inSpace(space));
    await expectRepaired();
  });

  it("that says which sequence the rows belong to: they are compared with the others'", async () => {
    await stop();
    const state = (await rowsOf("meta")).find(({ key }) => Buffer.from(key).toString() === "state");
    flip(state!);
    await expectRepaired();
  });

  it("while it runs: it stops when it meets the row, and is repaired when started again", async () => {
    await stop();
    const key = entryStateKey(nodeCrypto.hash, "rows", keyOfName(nodeCrypto.hash, "name-7"));
    const row = (await rowsOf("rows")).find((each) => Buffer.from(each.key).equals(key));
    cluster.launch(VICTIM);
    await cluster.ready(VICTIM);
    flip(row!);
    const ended = cluster.ended(VICTIM);
    const genesis = parseGenesis(nodeCrypto.hash, cluster.genesis);
    const address = `127.0.0.1:${cluster.basePort + VICTIM}`;
    const reader = await TestClient.connect(genesis, address);
    // Until a root is certified anew it has nothing to show.
    const reading = setInterval(() => void reader.read("rows", "name-7"), 50);
    expect(await ended).toBe(70);
    clearInterval(reading);
    reader.close();
    await expectRepaired();
  });

  it("values: where they lie, the log of small ones, and a large one's file", async () => {
    const { store } = folderLayout(cluster.nodeFolder(VICTIM));
    const read = async (bytes: Uint8Array): Promise<Buffer | undefined> => {
      // It may break off: then the bytes were damaged, and are fetched from the others.
      const url = cluster.url(VICTIM, `/blob/${toHex(nodeCrypto.hash(bytes))}`);
      const got = await fetch(url)
        .then(async (answer) => (answer.ok ? await answer.arrayBuffer() : undefined))
        .catch(() => undefined);
      return got && Buffer.from(got);
    };
    const expectServed = async (bytes: Uint8Array): Promise<void> => {
      cluster.launch(VICTIM);
      await cluster.ready(VICTIM);
      await eventually(async () => (await read(bytes))?.equals(bytes) === true);
      expect(await dropped("damaged-value")).toBeGreaterThan(0);
    };
    await stop();
    const digest = nodeCrypto.hash(small);
    const location = (await rowsOf("values")).find(({ key }) => Buffer.from(key).equals(digest));
    flip(location!);
    await expectServed(small);
    await stop();
    const [segment] = readdirSync(join(store, "values")).filter((name) =>
      name.startsWith("segment-"),
    );
    expect(flipIn(join(store, "values", segment!), small)).toBeGreaterThan(0);
    await expectServed(small);
    await stop();
    const blob = toHex(nodeCrypto.hash(large));
    const path = readdirSync(join(store, "blobs"), { recursive: true, encoding: "utf8" }).find(
      (name) => name.replaceAll("/", "").endsWith(blob) || name.endsWith(blob.slice(2)),
    );
    expect(flipIn(join(store, "blobs", path!), large)).toBeGreaterThan(0);
    await expectServed(large);
  });
});
