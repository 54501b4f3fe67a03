import { equalBytes, fromUtf8, toHex } from "../../../base/bytes.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { Hash, Hlc, PublicKey, ReplicaIndex } from "../../../base/types.ts";
import { formatGenesis, parseGenesis } from "../../../consensus/genesis-file.ts";
import { genesisOf } from "../../../consensus/genesis.ts";
import type { Genesis } from "../../../consensus/genesis.ts";
import { buildEvidence } from "../../../consensus/evidence/build-evidence.ts";
import { verifyEvidence } from "../../../consensus/evidence/verify-evidence.ts";
import { decodeNode, encodeNode } from "../../../consensus/map/node-encoding.ts";
import { encodeReceipt } from "../../../consensus/receipt/receipt-bytes.ts";
import { verifyReceipt } from "../../../consensus/receipt/verify-receipt.ts";
import type { TestCluster } from "../../../consensus/replica/testing/test-cluster.ts";
import { sha256, tableCrypto } from "../../../consensus/replica/testing/table-crypto.ts";
import { Refusal } from "../../../consensus/refusal.ts";
import { peekVotePack } from "../../../consensus/take-apart.ts";
import { Verifier } from "../../../consensus/verifier.ts";
import { semanticDigestOf } from "../../../consensus/replica/testing/test-writer.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import { FrameIntake } from "../../../node/host/frame-intake.ts";
import { Tally } from "../../../node/metrics/tally.ts";
import { demand } from "../target.ts";
import type { FuzzTarget } from "../target.ts";
import type { RecordedFrame } from "./recorded-frames.ts";

/** What is decoded, judged or verified without effects. */
export function consensusTargets(
  cluster: TestCluster,
  frames: readonly RecordedFrame[],
): readonly FuzzTarget[] {
  return [
    genesisTarget(cluster),
    receiptTarget(cluster, frames),
    evidenceTarget(cluster, frames),
    nodeTarget(),
    ...frameTargets(cluster, frames),
  ];
}

function genesisFor(cluster: TestCluster): Genesis {
  const { members: bare, faultyMax } = cluster.committee;
  const members = bare.map((member, index) => ({ ...member, address: `replica:${7400 + index}` }));
  return genesisOf(sha256, {
    ...{ name: "fuzzed", members, faultyMax, time: (1n << 60n) as Hlc },
    namespaces: [{ namespace: "pair", confirmations: 2 }],
    writers: [
      {
        publicKey: new Uint8Array(32).fill(3) as PublicKey,
        ...{ operator: "ann", namespaces: ["*"], administrator: true },
      },
    ],
  });
}

function genesisTarget(cluster: TestCluster): FuzzTarget {
  const text = formatGenesis(genesisFor(cluster));
  return {
    name: "cluster.json",
    seeds: [new TextEncoder().encode(text)],
    feed: (input) => {
      try {
        const genesis = parseGenesis(sha256, fromUtf8(input) ?? "");
        const again = parseGenesis(sha256, formatGenesis(genesis));
        demand(equalBytes(again.clusterId, genesis.clusterId), "a genesis is what it prints");
        return true;
      } catch (error) {
        if (error instanceof QuorateError && error.code === "GENESIS_INVALID") return false;
        throw error;
      }
    },
  };
}

/** An absence under the cluster's newest certificate, whose checksum is right again each time. */
function receiptTarget(cluster: TestCluster, frames: readonly RecordedFrame[]): FuzzTarget {
  const genesis = genesisFor(cluster);
  const stable = frames.filter(({ kind }) => kind === FRAME.stable).map(({ body }) => body);
  const receipt = encodeReceipt(sha256, {
    ...{ format: 1, clusterId: genesis.clusterId, namespace: "some", row: new Uint8Array(0) },
    ...{ key: new Uint8Array(32) as Hash, heartbeats: [], links: [] },
    proof: { leafKey: undefined, leafRowHash: undefined, steps: [] },
    certificate: { statement: stable[0]?.slice(0, 60) ?? new Uint8Array(60), signatures: [] },
  });
  const body = receipt.subarray(0, receipt.length - 32);
  const sealed = (input: Uint8Array): Uint8Array =>
    Uint8Array.of(...input, ...sha256(Uint8Array.of(...RECEIPT_TAG, ...input)));
  return {
    name: "receipt",
    seeds: [],
    feed: (input) => {
      const mutated = input.length === 0 ? body : input;
      const verdicts = [verifyReceipt(tableCrypto, genesis, input)];
      verdicts.push(verifyReceipt(tableCrypto, genesis, sealed(mutated)));
      demand(
        verdicts.every(({ valid }) => !valid),
        "nothing that no quorum signed is a valid receipt",
      );
      return false;
    },
  };
}

const RECEIPT_TAG = new TextEncoder().encode("quorate/receipt/1\0");

function evidenceTarget(cluster: TestCluster, frames: readonly RecordedFrame[]): FuzzTarget {
  const { clusterId } = cluster.committee;
  const signed = frames.filter(({ kind }) => kind === FRAME.signed).map(({ body }) => body);
  const [first, second] = [signed[0]!, signed[1]!];
  return {
    name: "evidence",
    seeds: [],
    feed: (input) => {
      // Against correct replicas there is none, however their signatures are put together.
      const files = [
        input,
        buildEvidence(clusterId, 2, [first, input.slice(0, 4096)]),
        buildEvidence(clusterId, 2, [second, signed[input.length % signed.length]!]),
      ];
      for (const file of files) {
        const verdict = verifyEvidence(tableCrypto, cluster.committee, file);
        demand(!verdict.valid, "no evidence convicts a correct replica");
      }
      return false;
    },
  };
}

function nodeTarget(): FuzzTarget {
  const hash = new Uint8Array(32).fill(4) as Hash;
  return {
    name: "trie node",
    seeds: [
      encodeNode({ type: "leaf", key: new Uint8Array(33), rowHash: hash }),
      encodeNode({ type: "inner", bit: 7, left: hash, right: hash }),
    ],
    feed: (input) => {
      const node = decodeNode(input);
      if (node === undefined) return false;
      demand(equalBytes(encodeNode(node), input), "a node has one encoding");
      return true;
    },
  };
}

/** What peers send, by the way that a replica takes it: nothing forged reaches the state machine. */
function frameTargets(
  cluster: TestCluster,
  frames: readonly RecordedFrame[],
): readonly FuzzTarget[] {
  const kinds = [...new Set(frames.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const bodies = frames.filter((frame) => frame.kind === kind).map(({ body }) => body);
    return {
      name: `frame ${nameOf(kind)} to a replica`,
      seeds: bodies,
      feed: takerOf(cluster, kind),
    };
  });
}

function nameOf(kind: FrameKind): string {
  return Object.entries(FRAME).find(([, number]) => number === kind)?.[0] ?? String(kind);
}

/** What a step must not bring about when all that it was told is old, forged or garbled. */
const DEEDS: ReadonlySet<string> = new Set([
  ...["persist", "vote", "sign", "executed", "transfer", "halt", "evidence", "view"],
]);

/**
 * To a replica that has been through all of this already: what is refused is counted, what gets
 * through to the state machine (old frames, unsigned questions) moves nothing and signs nothing.
 */
function takerOf(cluster: TestCluster, kind: FrameKind): (input: Uint8Array) => boolean {
  const host = cluster.host(1);
  const { replica, application } = host;
  const now = host.now();
  const stateOf = (): string => {
    const { dropCounts: _, ...status } = replica.status;
    return `${JSON.stringify(status)} ${toHex(application.stateRoot)}`;
  };
  const before = stateOf();
  let drops = new Tally();
  let intake = intakeFor(cluster, drops);
  let count = 0;
  return (input) => {
    // The memories of a verifier are bounded, but their bounds are not what is looked for here.
    if (count++ % 512 === 0) {
      drops = new Tally();
      intake = intakeFor(cluster, drops);
    }
    const from = authorOf(kind, input);
    const counted = drops.total;
    let taken = 0;
    intake.take(from, { kind, body: input }, count * 1000, (given) => {
      taken++;
      const deeds = replica.step(given, now).filter(({ type }) => DEEDS.has(type));
      demand(deeds.length === 0, `an old or forged ${given.type} brings about ${deeds[0]?.type}`);
    });
    demand(taken > 0 || drops.total > counted, "what is refused is counted");
    demand(stateOf() === before, "what is old or forged changes no state");
    return taken > 0;
  };
}

/** A pack of votes travels from its author alone. */
function authorOf(kind: FrameKind, input: Uint8Array): ReplicaIndex {
  const peeked = kind === FRAME.votePack ? peekVotePack(input) : undefined;
  return peeked === undefined || peeked instanceof Refusal ? (0 as ReplicaIndex) : peeked.author;
}

function intakeFor(cluster: TestCluster, drops: Tally): FrameIntake {
  const { committee } = cluster;
  const verifier = new Verifier({
    committeeOf: (epoch) => (epoch === committee.epoch ? committee : undefined),
    ...{ crypto: tableCrypto, semanticDigestOf },
  });
  return new FrameIntake({
    ...{ verifier, drops, needs: () => true, certificateAt: () => undefined },
  });
}
