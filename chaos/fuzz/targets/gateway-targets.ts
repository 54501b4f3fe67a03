import { NTP_NONCE_SIZE, NTP_PACKET_SIZE, ntpReply } from "../../../base/time/ntp-packet.ts";
import { concatBytes, equalBytes, utf8 } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { SEED_SIZE, signingKey } from "../../../base/host/signing-key.ts";
import {
  decodeBatchUpdate,
  decodeDigests,
  decodeGetActionResult,
  decodeGetTree,
  decodeRead,
  decodeText,
  decodeUpdateActionResult,
  decodeWrite,
} from "../../../client/gateway/doors/reapi/messages.ts";
import { GrpcRefusal } from "../../../client/gateway/doors/reapi/grpc-method.ts";
import {
  decodeAnnouncement,
  decodeProofMessage,
  decodeQuery,
  encodeAnnouncement,
  encodeProofMessage,
  encodeQuery,
} from "../../../client/resolve/peers/peer-message.ts";
import { decodeRecord, encodeRecord } from "../../../client/resolve/proof-record.ts";
import {
  decodePermittedSet,
  permittedBits,
  permittedLead,
} from "../../../proof/admission/permitted-set.ts";
import {
  PROOF_SET_LEAD_SIZE,
  decodeProofSet,
  encodeProofSet,
} from "../../../proof/admission/proof-set.ts";
import { Theory } from "../../../proof/frame/theory.ts";
import { decodeTheoryWords, encodeTheoryWords } from "../../../proof/frame/theory-words.ts";
import {
  FieldWriter,
  MalformedMessage,
} from "../../../proof/digest/remote-execution/protobuf-field.ts";
import { demand } from "../target.ts";
import type { FuzzTarget } from "../target.ts";

const HASH = "ab".repeat(32);
const AXIOM = nodeCrypto.hash(utf8("an axiom"));
const SIGNER = signingKey(new Uint8Array(SEED_SIZE).fill(3));

/** What build tools, other gateways and time servers may send to a gateway or a replica. */
export function gatewayTargets(): readonly FuzzTarget[] {
  return [...remoteExecutionTargets(), ...proofTargets(), ...peerTargets(), ntpTarget()];
}

/** Refused by an exception of two kinds, which the door gives its look; any other is a crash. */
function remoteExecutionTargets(): readonly FuzzTarget[] {
  const digest = new FieldWriter().bytes(1, utf8(HASH)).number(2, 300).finish();
  const named = (): FieldWriter => new FieldWriter().bytes(1, utf8("team-a"));
  const upload = new FieldWriter().message(1, digest).bytes(2, utf8("value")).finish();
  const read = new FieldWriter().bytes(1, utf8(`team-a/blobs/${HASH}/300`)).number(2, 7);
  const write = new FieldWriter().bytes(1, utf8("name")).number(2, 0).bytes(10, utf8("value"));
  const targets: readonly (readonly [string, (message: Uint8Array) => unknown, Uint8Array])[] = [
    ["GetActionResult", decodeGetActionResult, named().message(2, digest).number(3, 1).finish()],
    ["UpdateActionResult", decodeUpdateActionResult, named().message(2, digest).finish()],
    [
      "FindMissingBlobs",
      (message) => decodeDigests(message, 3),
      named().message(2, digest).finish(),
    ],
    ["BatchReadBlobs", (message) => decodeDigests(message, 4), named().message(2, digest).finish()],
    ["BatchUpdateBlobs", decodeBatchUpdate, named().message(2, upload).finish()],
    ["GetTree", decodeGetTree, named().message(2, digest).number(3, 1).finish()],
    ["Read", decodeRead, read.finish()],
    ["Write", decodeWrite, write.number(3, 1).finish()],
    ["QueryWriteStatus", decodeText, named().finish()],
  ];
  return targets.map(([name, decode, seed]) => ({
    name: `remote execution ${name}`,
    seeds: [seed],
    feed: (input) => {
      try {
        decode(input);
        return true;
      } catch (error) {
        if (error instanceof MalformedMessage || error instanceof GrpcRefusal) return false;
        throw error;
      }
    },
  }));
}

/** What is taken has one encoding. */
function proofTargets(): readonly FuzzTarget[] {
  const payload = Uint8Array.of(1, 2, 3);
  const proofs = [{ checker: "a checker", axioms: [], proof: Uint8Array.of(9) }];
  const obligation = { kind: "cnf/1", payload };
  const set = encodeProofSet({ kind: "cnf/1", payload, proofs });
  return [
    {
      name: "proof set",
      seeds: [set],
      feed: (input) => {
        const read = decodeProofSet(input);
        if (read.status !== "accept") return false;
        demand(equalBytes(encodeProofSet(read.value), input), "a set has one encoding");
        return true;
      },
    },
    {
      name: "permitted set",
      seeds: [
        concatBytes(
          permittedLead(1, set.length - PROOF_SET_LEAD_SIZE - payload.length - 1),
          set.subarray(PROOF_SET_LEAD_SIZE),
        ),
      ],
      feed: (input) => {
        const read = decodePermittedSet(input);
        if (read.status !== "accept") return false;
        const { proofs, heads, bits } = read.value;
        const all = permittedBits(heads, AXIOM, new Theory(heads.flatMap(({ axioms }) => axioms)));
        demand(proofs.length <= heads.length, "no proof is there without its head");
        demand(heads.length === 0 || (bits & ~all) === 0, "a bit stands for a proof");
        return true;
      },
    },
    {
      name: "theory",
      seeds: [
        encodeTheoryWords({ type: "any" }),
        encodeTheoryWords({ type: "digest", digest: AXIOM }),
        encodeTheoryWords({ type: "axioms", theory: new Theory([AXIOM]) }),
      ],
      feed: (input) => {
        const words = decodeTheoryWords(input);
        if (words === undefined) return false;
        demand(equalBytes(encodeTheoryWords(words), input), "a theory has one encoding");
        return true;
      },
    },
    {
      name: "proof record",
      seeds: [
        encodeRecord({ obligation, proof: Uint8Array.of(4), cited: [payload] }),
        encodeRecord({ obligation, proof: Uint8Array.of(4), cited: [payload], axioms: [AXIOM] }),
      ],
      feed: (input) => {
        const record = decodeRecord(input);
        if (record === undefined) return false;
        demand(equalBytes(encodeRecord(record), input), "a record has one encoding");
        return true;
      },
    },
  ];
}

function peerTargets(): readonly FuzzTarget[] {
  const key = nodeCrypto.hash(utf8("an obligation"));
  const announcement = encodeAnnouncement(SIGNER, 7481, 1_700_000_000_000);
  return [
    {
      name: "peer query",
      seeds: [
        encodeQuery({ key, hops: 1, theory: { type: "any" } }),
        encodeQuery({ key, hops: 0, theory: { type: "digest", digest: key } }),
        encodeQuery({ key, hops: 0, theory: { type: "axioms", theory: new Theory([key]) } }),
      ],
      feed: (input) => {
        const query = decodeQuery(input);
        if (query === undefined) return false;
        demand(equalBytes(encodeQuery(query), input), "a query has one encoding");
        return true;
      },
    },
    {
      name: "peer proof",
      seeds: [encodeProofMessage(undefined), encodeProofMessage(Uint8Array.of(1, 2))],
      feed: (input) => decodeProofMessage(input) !== undefined,
    },
    {
      name: "peer announcement",
      seeds: [announcement],
      feed: (input) => {
        const said = decodeAnnouncement(input);
        if (said === undefined) return false;
        demand(equalBytes(input, announcement), "nothing is taken but what was signed");
        return true;
      },
    },
  ];
}

/** Behind the right nonce, so that mutations reach what is said. */
function ntpTarget(): FuzzTarget {
  const nonce = new Uint8Array(NTP_NONCE_SIZE).fill(7);
  const reply = new Uint8Array(NTP_PACKET_SIZE);
  reply[0] = 0x24;
  reply[1] = 2;
  return {
    name: "ntp reply",
    seeds: [reply],
    feed: (input) => {
      const packet = input.slice();
      if (packet.length >= NTP_PACKET_SIZE) packet.set(nonce, 24);
      const said = ntpReply(packet, nonce);
      if (said === undefined) return false;
      const numbers = [said.precisionMs, said.rootDelayMs, said.rootDispersionMs];
      demand(numbers.every(Number.isFinite), "delays are numbers");
      const times = [said.receivedMs, said.sentMs];
      demand(!times.some((time) => Math.abs(time) === Infinity), "times are numbers, or unknown");
      return true;
    },
  };
}
