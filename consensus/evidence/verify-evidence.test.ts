import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { signingKey } from "../../base/host/signing-key.ts";
import type {
  Epoch,
  Hash,
  Hlc,
  ReplicaIndex,
  Sequence,
  Signature,
  View,
} from "../../base/types.ts";
import {
  assembleCertificate,
  assembleStatementCertificate,
  portableVote,
} from "../certificates.ts";
import { quorumOf } from "../committee.ts";
import type { Committee } from "../committee.ts";
import type { ReceivedSigned, ReceivedVote } from "../replica/input.ts";
import { Verifier } from "../verifier.ts";
import {
  certificateCodec,
  SIGNED_HEARTBEAT,
  SIGNED_STATEMENT,
  signedCodec,
  statementCertificateCodec,
  statementCodec,
  VOTE_ACKNOWLEDGEMENT,
  VOTE_COMMIT,
  VOTE_PRE_PREPARE,
  VOTE_PREPARE,
} from "../wire/certificate.ts";
import type { Statement, Vote, VoteType } from "../wire/certificate.ts";
import { evidenceCodec } from "../wire/evidence.ts";
import type { EvidenceKind } from "../wire/evidence.ts";
import { buildEvidence } from "./build-evidence.ts";
import { verifyEvidence } from "./verify-evidence.ts";

const keys = [1, 2, 3, 4].map((seed) => signingKey(new Uint8Array(32).fill(seed)));
const clusterId = new Uint8Array(32).fill(9) as Hash;
const epoch = 0 as Epoch;
const committee: Committee = {
  ...{ clusterId, epoch, faultyMax: 1 },
  members: keys.map(({ publicKey }) => ({ publicKey, address: "127.0.0.1:1" })),
};
const verifier = new Verifier({ committeeOf: () => committee, crypto: nodeCrypto });

const sign =
  (by: number) =>
  (message: Uint8Array): Signature =>
    keys[by]!.sign(message);
const digest = (fill: number): Hash => new Uint8Array(32).fill(fill) as Hash;

interface Place {
  readonly type?: VoteType;
  readonly view?: number;
  readonly sequence?: number;
  readonly of?: number;
}

function vote({ type = VOTE_PREPARE, view = 1, sequence = 7, of = 1 }: Place): Vote {
  return { type, epoch, view: view as View, sequence: sequence as Sequence, digest: digest(of) };
}

/** Packed together with others, so that the path has a length. */
function received(by: number, place: Place): ReceivedVote {
  const others = [90, 91].map((sequence) => vote({ sequence, of: 5 }));
  const votes = [others[0]!, vote(place), others[1]!];
  const own = { author: by as ReplicaIndex, epoch, votes };
  return verifier.packOwnVotes(own, sign(by)).votes[1]!;
}

function portable(by: number, place: Place): Uint8Array {
  return certificateCodec.encode(portableVote(received(by, place)));
}

function statementBody(of: number, sequence = 7): Uint8Array {
  const stateRoot = digest(of);
  return statementCodec.encode({
    ...{ epoch, sequence: sequence as Sequence, stateRoot, agreedTime: 5n as Hlc },
  });
}

function signed(by: number, body: Uint8Array, type: 1 | 2 = SIGNED_STATEMENT): Uint8Array {
  return verifier.signOwn({ author: by as ReplicaIndex, epoch, type, body }, sign(by)).bytes;
}

function certificate(type: VoteType, authors: readonly number[], place: Place): Uint8Array {
  const primary = (place.view ?? 1) % 4;
  const votes = authors.map((by) =>
    received(by, { ...place, type: type === VOTE_PREPARE && by === primary ? 1 : type }),
  );
  return certificateCodec.encode(assembleCertificate(committee, votes));
}

function statementCertificate(authors: readonly number[], of: number, sequence = 7): Uint8Array {
  const statements = authors.map((by) => {
    const bytes = signed(by, statementBody(of, sequence));
    const message = signedCodec.decode(bytes);
    return { author: by, message: {}, signed: message } as unknown as ReceivedSigned<Statement>;
  });
  return statementCertificateCodec.encode(assembleStatementCertificate(committee, statements));
}

const verdict = (kind: EvidenceKind, first: Uint8Array, second: Uint8Array): unknown =>
  verifyEvidence(nodeCrypto, committee, buildEvidence(clusterId, kind, [first, second]));

describe("what convicts", () => {
  it.each([
    ["pre-prepares", VOTE_PRE_PREPARE],
    ["prepares", VOTE_PREPARE],
    ["commits", VOTE_COMMIT],
  ] as const)("two %s of one author, view and sequence", (name, type) => {
    expect(verdict(1, portable(1, { type, of: 1 }), portable(1, { type, of: 2 }))).toMatchObject({
      ...{ valid: true, accused: [1], epoch: 0, sequence: 7 },
      what: `two ${name} in epoch 0, view 1, sequence 7`,
    });
  });

  it("two statements of one author and sequence", () => {
    const two = [signed(2, statementBody(1)), signed(2, statementBody(2))] as const;
    expect(verdict(2, ...two)).toMatchObject({ valid: true, accused: [2] });
  });

  it("two prepared certificates of one view: those who are in both", () => {
    const two = [
      certificate(VOTE_PREPARE, [0, 1, 2], { of: 1 }),
      certificate(VOTE_PREPARE, [1, 2, 3], { of: 2 }),
    ] as const;
    expect(verdict(3, ...two)).toMatchObject({ valid: true, accused: [1, 2] });
  });

  it("two commit certificates: those who are in both, but nobody when the views differ", () => {
    const first = certificate(VOTE_COMMIT, [0, 1, 2], { of: 1 });
    const same = certificate(VOTE_COMMIT, [0, 1, 3], { of: 2 });
    const later = certificate(VOTE_COMMIT, [0, 1, 3], { of: 2, view: 4 });
    expect(verdict(4, first, same)).toMatchObject({ valid: true, accused: [0, 1] });
    expect(verdict(4, first, later)).toMatchObject({
      ...{ valid: true, accused: [] },
      what: "two commit certificates in epoch 0, views 1 and 4, sequence 7",
    });
  });

  it("two statement certificates of one sequence", () => {
    const two = [statementCertificate([0, 1, 2], 1), statementCertificate([0, 2, 3], 2)] as const;
    expect(verdict(5, ...two)).toMatchObject({ valid: true, accused: [0, 2] });
  });

  it("accuses at least f+1 by certificates of one view", () => {
    expect(2 * quorumOf(committee) - committee.members.length).toBeGreaterThan(committee.faultyMax);
  });
});

type Parts = readonly [EvidenceKind, Uint8Array, Uint8Array];

describe("what correct replicas sign convicts nobody", () => {
  const code = (value: unknown): string => (value as { code?: string }).code ?? "convicted";

  it("any two votes that differ in view, sequence or type, or say the same", () => {
    const place = fc.record({
      type: fc.constantFrom<VoteType>(1, 2, 3),
      view: fc.integer({ min: 1, max: 3 }),
      sequence: fc.integer({ min: 1, max: 3 }),
      of: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(place, place, (one, other) => {
        const apart =
          one.type !== other.type || one.view !== other.view || one.sequence !== other.sequence;
        fc.pre(apart || one.of === other.of);
        expect(code(verdict(1, portable(1, one), portable(1, other)))).not.toBe("convicted");
      }),
      { numRuns: 150 },
    );
  });

  it.each<readonly [string, () => Parts]>([
    [
      "acknowledgements of two write sets",
      () => [1, portable(1, ACKNOWLEDGED), portable(1, { ...ACKNOWLEDGED, of: 2 })],
    ],
    ["votes of two authors", () => [1, portable(1, { of: 1 }), portable(2, { of: 2 })]],
    [
      "statements of two authors",
      () => [2, signed(1, statementBody(1)), signed(2, statementBody(2))],
    ],
    [
      "statements of two sequences",
      () => [2, signed(1, statementBody(1, 7)), signed(1, statementBody(2, 8))],
    ],
    [
      "prepared certificates of two views",
      () => [
        3,
        certificate(VOTE_PREPARE, [0, 1, 2], { of: 1 }),
        certificate(VOTE_PREPARE, [0, 1, 2], { of: 2, view: 2 }),
      ],
    ],
    [
      "commit certificates of two sequences",
      () => [
        4,
        certificate(VOTE_COMMIT, [0, 1, 2], { of: 1 }),
        certificate(VOTE_COMMIT, [0, 1, 2], { of: 2, sequence: 8 }),
      ],
    ],
    [
      "commit certificates that agree, of two views",
      () => [
        4,
        certificate(VOTE_COMMIT, [0, 1, 2], { of: 1 }),
        certificate(VOTE_COMMIT, [0, 1, 2], { of: 1, view: 2 }),
      ],
    ],
    [
      "statement certificates of two sequences",
      () => [5, statementCertificate([0, 1, 2], 1), statementCertificate([0, 1, 2], 2, 8)],
    ],
  ])("%s", (_what, make) => {
    const [kind, first, second] = make();
    expect(code(verdict(kind, first, second))).toBe("EVIDENCE_NO_CONTRADICTION");
  });

  const ACKNOWLEDGED = { type: VOTE_ACKNOWLEDGEMENT, view: 0, sequence: 0, of: 1 } as const;
});

describe("what is no proof", () => {
  const two = [portable(1, { of: 1 }), portable(1, { of: 2 })] as const;
  const all: readonly Parts[] = [
    [1, ...two],
    [2, signed(2, statementBody(1)), signed(2, statementBody(2))],
    [
      3,
      certificate(VOTE_PREPARE, [0, 1, 2], { of: 1 }),
      certificate(VOTE_PREPARE, [1, 2, 3], { of: 2 }),
    ],
    [
      4,
      certificate(VOTE_COMMIT, [0, 1, 2], { of: 1 }),
      certificate(VOTE_COMMIT, [0, 1, 3], { of: 2, view: 4 }),
    ],
    [5, statementCertificate([0, 1, 2], 1), statementCertificate([0, 2, 3], 2)],
  ];

  it.each(all.map((each) => [each[0], each] as const))(
    "kind %i with any byte flipped, taken away or added",
    (_kind, [kind, first, second]) => {
      const file = buildEvidence(clusterId, kind, [first, second]);
      expect(verifyEvidence(nodeCrypto, committee, file).valid).toBe(true);
      const convicts = (bytes: Uint8Array): boolean =>
        verifyEvidence(nodeCrypto, committee, bytes).valid;
      for (let at = 0; at < file.length; at++) {
        const bytes = file.slice();
        bytes[at]! ^= 1 << (at % 8);
        expect(convicts(bytes), `flipped at ${at}`).toBe(false);
        const shorter = Uint8Array.of(...file.subarray(0, at), ...file.subarray(at + 1));
        expect(convicts(shorter), `without ${at}`).toBe(false);
      }
      expect(convicts(Uint8Array.of(...file, 0))).toBe(false);
    },
  );

  it("the two parts in the other order, or of another kind or cluster", () => {
    const file = evidenceCodec.decode(buildEvidence(clusterId, 1, two));
    const judge = (change: object): unknown =>
      verifyEvidence(nodeCrypto, committee, evidenceCodec.encode({ ...file, ...change }));
    expect(judge({ first: file.second, second: file.first })).toMatchObject({
      code: "EVIDENCE_MALFORMED",
    });
    for (const kind of [0, 2, 3, 4, 5]) expect(judge({ kind })).toMatchObject({ valid: false });
    expect(judge({ clusterId: digest(1) })).toMatchObject({ code: "EVIDENCE_WRONG_CLUSTER" });
    expect(judge({ first: new Uint8Array(0) })).toMatchObject({ code: "EVIDENCE_MALFORMED" });
  });

  it("votes of another cluster's key, or of another epoch", () => {
    const others = { ...committee, members: [...committee.members].reverse() };
    const file = buildEvidence(clusterId, 1, two);
    expect(verifyEvidence(nodeCrypto, others, file)).toMatchObject({
      code: "EVIDENCE_SIGNATURE_INVALID",
    });
    const later = { ...committee, epoch: 1 as Epoch };
    expect(verifyEvidence(nodeCrypto, later, file)).toMatchObject({
      code: "EVIDENCE_EPOCH_UNKNOWN",
    });
  });

  it("signed heartbeats of two roots, shown as statements", () => {
    const heartbeat = signed(1, statementBody(1));
    const other = signedCodec.encode({
      ...signedCodec.decode(signed(1, statementBody(2))),
      type: SIGNED_HEARTBEAT,
    });
    expect(verdict(2, heartbeat, other)).toMatchObject({ code: "EVIDENCE_MALFORMED" });
  });

  it("arbitrary bytes: refused, never thrown", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(verifyEvidence(nodeCrypto, committee, bytes).valid).toBe(false);
      }),
    );
  });
});
