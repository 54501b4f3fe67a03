import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { signingKey } from "../../base/host/signing-key.ts";
import { hlcAddMs } from "../../base/hlc.ts";
import type { Hlc, ReplicaIndex } from "../../base/types.ts";
import { genesisOf } from "../genesis.ts";
import type { Genesis } from "../genesis.ts";
import { keyOfName } from "../hashing.ts";
import { MemoryRowStore } from "../map/memory-row-store.ts";
import { entryStateKey } from "../map/state-keys.ts";
import { DOMAIN, signingBytes } from "../signing.ts";
import type { Domain } from "../signing.ts";
import { State } from "../execution/state.ts";
import * as fixture from "../execution/state.case.ts";
import { heartbeatCodec, statementCodec } from "../wire/certificate.ts";
import type { ReplicaSignature, SignedHeartbeat } from "../wire/certificate.ts";
import type { Receipt } from "../wire/receipt.ts";
import { receiptCodec } from "../wire/receipt.ts";
import { encodeReceipt } from "./receipt-bytes.ts";
import { verifyReceipt } from "./verify-receipt.ts";
import type { ReceiptVerdict } from "./verify-receipt.ts";

const { put, start, withdraw, writeSet } = fixture;
const keys = [0, 1, 2, 3].map((index) => signingKey(new Uint8Array(32).fill(index + 1)));
const genesis: Genesis = genesisOf(nodeCrypto.hash, {
  ...fixture.genesis,
  members: fixture.genesis.members.map((member, at) => ({
    ...member,
    publicKey: keys[at]!.publicKey,
  })),
});

const value = new TextEncoder().encode("x#1");
const state = State.genesis(fixture.rules, new MemoryRowStore(), genesis);
state.execute(
  fixture.batch([
    writeSet("ann", [put("here", "x#1"), put("gone", "x"), put("short", "x", { ttlMs: 100 })]),
    writeSet("ann", [put("pending", "x", { namespace: "pair" }), put("disputed", "x")]),
    writeSet("bob", [put("disputed", "y")]),
    writeSet("cat", [put("disputed", "y")]),
    writeSet("ann", [withdraw("gone")]),
  ]),
);

function sign(author: number, domain: Domain, body: Uint8Array, of: Genesis = genesis): never {
  const bytes = signingBytes(domain, of.clusterId, 0 as never, body);
  return keys[author]!.sign(bytes) as never;
}

const statement = statementCodec.encode({
  epoch: 0 as never,
  sequence: state.sequence,
  stateRoot: state.stateRoot,
  agreedTime: state.agreedTime,
});
const signed = (...authors: number[]): ReplicaSignature[] =>
  authors.map((author) => ({
    author: author as ReplicaIndex,
    signature: sign(author, DOMAIN.statement, statement),
  }));

function heartbeats(asOf: readonly Hlc[], more: object = {}): SignedHeartbeat[] {
  return asOf.map((time, at) => {
    const { sequence, stateRoot } = state;
    const nonce = new Uint8Array(0);
    const epoch = 0 as never;
    const body = heartbeatCodec.encode({ epoch, sequence, stateRoot, asOf: time, nonce, ...more });
    const signature = sign(at, DOMAIN.heartbeat, body);
    return { author: at as ReplicaIndex, heartbeat: body, signature };
  });
}

function receipt(name: string, more: Partial<Receipt> = {}, namespace: string = "solo"): Receipt {
  const key = keyOfName(nodeCrypto.hash, name);
  const stateKey = entryStateKey(nodeCrypto.hash, namespace, key);
  return {
    format: 1,
    clusterId: genesis.clusterId,
    namespace,
    key,
    proof: state.proofAt(state.sequence, stateKey)!,
    row: state.rowAt(state.sequence, stateKey) ?? new Uint8Array(0),
    certificate: { statement, signatures: signed(0, 1, 2) },
    heartbeats: [],
    links: [],
    ...more,
  };
}

const verify = (of: Receipt, bytes?: Uint8Array): ReceiptVerdict =>
  verifyReceipt(nodeCrypto, genesis, encodeReceipt(nodeCrypto.hash, of), bytes);
const later = [60, 50, 70].map((ms) => hlcAddMs(start, ms));

describe("a receipt shows", () => {
  it("the entry, at the time of its statement", () => {
    expect(verify(receipt("here"), value)).toMatchObject({
      valid: true,
      kind: "presence",
      entry: { name: "here", confidencePercent: 30 },
      time: state.agreedTime,
      sequence: 1,
      epoch: 0,
    });
  });

  it.each([
    ["nothing", "never", "solo", "absent"],
    ["a withdrawn entry", "gone", "solo", "withdrawn"],
    ["a disputed entry", "disputed", "solo", "disputed"],
    ["an entry that is not confirmed", "pending", "pair", "pending"],
  ])("the absence of %s", (_title, name, namespace, absence) => {
    expect(verify(receipt(name, {}, namespace))).toMatchObject({
      valid: true,
      kind: "absence",
      absence,
    });
  });

  it("the smallest time of a quorum of heartbeats, when that is later", () => {
    const time = hlcAddMs(start, 50);
    expect(verify(receipt("here", { heartbeats: heartbeats(later) }))).toMatchObject({ time });
    const early = heartbeats([0n, 0n, 0n] as Hlc[]);
    expect(verify(receipt("here", { heartbeats: early }))).toMatchObject({
      time: state.agreedTime,
    });
  });

  it("that an entry past its end at the receipt's time is not there", () => {
    expect(verify(receipt("short"))).toMatchObject({ kind: "presence" });
    const late = heartbeats([200, 100, 300].map((ms) => hlcAddMs(state.agreedTime, ms)));
    expect(verify(receipt("short", { heartbeats: late }))).toMatchObject({
      valid: true,
      kind: "absence",
      absence: "expired",
    });
  });
});

describe("a receipt is refused", () => {
  const other = genesisOf(nodeCrypto.hash, { ...genesis, name: "other" });
  const certificate = (signatures: ReplicaSignature[]): Partial<Receipt> => ({
    certificate: { statement, signatures },
  });
  const forged = { author: 2 as ReplicaIndex, signature: sign(1, DOMAIN.statement, statement) };
  const foreign = {
    author: 2 as ReplicaIndex,
    signature: sign(2, DOMAIN.statement, statement, other),
  };
  const crossed = { author: 2 as ReplicaIndex, signature: sign(2, DOMAIN.heartbeat, statement) };
  const pulse = heartbeats(later);

  it.each([
    ["of another cluster", { clusterId: other.clusterId }, "RECEIPT_WRONG_CLUSTER"],
    ["of a later epoch", { links: [Uint8Array.of(1)] }, "RECEIPT_EPOCH_UNKNOWN"],
    ["with too few signatures", certificate(signed(0, 1)), "RECEIPT_CERTIFICATE_INVALID"],
    ["with too many", certificate(signed(0, 1, 2, 3)), "RECEIPT_CERTIFICATE_INVALID"],
    ["with one signer twice", certificate(signed(0, 1, 1)), "RECEIPT_CERTIFICATE_INVALID"],
    ["with signers out of order", certificate(signed(0, 2, 1)), "RECEIPT_CERTIFICATE_INVALID"],
    [
      "signed by somebody else",
      certificate([...signed(0, 1), forged]),
      "RECEIPT_CERTIFICATE_INVALID",
    ],
    [
      "signed for another cluster",
      certificate([...signed(0, 1), foreign]),
      "RECEIPT_CERTIFICATE_INVALID",
    ],
    [
      "signed as something else",
      certificate([...signed(0, 1), crossed]),
      "RECEIPT_CERTIFICATE_INVALID",
    ],
    ["with too few heartbeats", { heartbeats: pulse.slice(1) }, "RECEIPT_HEARTBEATS_INVALID"],
    [
      "with one heartbeat twice",
      { heartbeats: [pulse[0]!, pulse[0]!, pulse[1]!] },
      "RECEIPT_HEARTBEATS_INVALID",
    ],
    [
      "with heartbeats of another sequence",
      { heartbeats: heartbeats(later, { sequence: 9 }) },
      "RECEIPT_HEARTBEATS_INVALID",
    ],
    [
      "with heartbeats of another root",
      { heartbeats: heartbeats(later, { stateRoot: new Uint8Array(32) }) },
      "RECEIPT_HEARTBEATS_INVALID",
    ],
    ["with another key's proof", { proof: receipt("never").proof }, "RECEIPT_PROOF_INVALID"],
    ["with another namespace", { namespace: "pair" }, "RECEIPT_PROOF_INVALID"],
    ["with another entry", { row: receipt("short").row }, "RECEIPT_ROW_MISMATCH"],
    ["without its entry", { row: new Uint8Array(0) }, "RECEIPT_ROW_MISMATCH"],
  ])("%s", (_title, more, code) => {
    expect(verify(receipt("here", more))).toMatchObject({ valid: false, code });
  });

  it("of an absence with an entry, or with a value", () => {
    const { row } = receipt("here");
    expect(verify(receipt("never", { row }))).toMatchObject({ code: "RECEIPT_ROW_MISMATCH" });
    expect(verify(receipt("never"), value)).toMatchObject({ code: "RECEIPT_VALUE_UNEXPECTED" });
  });

  it("with any single byte of it changed, and says why", () => {
    for (const of of [receipt("here", { heartbeats: pulse }), receipt("never")]) {
      const bytes = encodeReceipt(nodeCrypto.hash, of);
      for (let at = 0; at < bytes.length; at++) {
        const changed = bytes.slice();
        changed[at]! ^= 1 << (at % 8);
        const verdict = verifyReceipt(nodeCrypto, genesis, changed);
        expect([at, verdict.valid]).toEqual([at, false]);
        if (!verdict.valid) expect(verdict.reason).not.toBe("");
      }
    }
  });

  it("with any single byte of the value changed, one more or one less", () => {
    for (let at = 0; at < value.length; at++) {
      const changed = value.slice();
      changed[at]! ^= 1;
      expect(verify(receipt("here"), changed)).toMatchObject({ code: "RECEIPT_VALUE_MISMATCH" });
    }
    for (const wrong of [value.subarray(1), Uint8Array.of(...value, 0)]) {
      expect(verify(receipt("here"), wrong)).toMatchObject({ code: "RECEIPT_VALUE_MISMATCH" });
    }
  });

  it("with any byte of a presence changed by one who knows how to make a checksum", () => {
    const bytes = receiptCodec.encode(receipt("here", { heartbeats: pulse }));
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << (at % 8);
      const decoded = receiptCodec.tryDecode(changed);
      if (decoded === undefined) continue;
      expect([at, verify(decoded).valid]).toEqual([at, false]);
    }
  });

  it("cut at any place", () => {
    const bytes = encodeReceipt(nodeCrypto.hash, receipt("here"));
    for (let size = 0; size < bytes.length; size++) {
      expect(verifyReceipt(nodeCrypto, genesis, bytes.subarray(0, size)).valid).toBe(false);
    }
  });
});
