import { randomBytes } from "node:crypto";
import { WebSocket } from "ws";
import { concatBytes } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { ReplicaAgents } from "../../base/host/replica-agents.ts";
import { hostPortOf } from "../../base/replica-address.ts";
import type { Committee, Member } from "../../consensus/committee.ts";
import { FRAME_BYTES_MAX } from "../../consensus/limits.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import {
  helloCodec,
  PROTOCOL_VERSION,
  proofCodec,
  ROLE_CLIENT,
  statusAnswerCodec,
  statusRequestCodec,
} from "../../consensus/wire/connection.ts";
import { decodeFrame, encodeFrame, FRAME } from "../../consensus/wire/frame.ts";
import type { ReplicaStatus } from "../../node/status.ts";

/** Why there is no status; `unreachable` is followed by the system's own word. */
export type NoAnswer =
  | { readonly kind: "unreachable"; readonly why: string }
  | { readonly kind: "stranger"; readonly why: string }
  | { readonly kind: "silent"; readonly why: string };

export type ReplicaAnswer = ReplicaStatus | NoAnswer;

export function isAnswer(answer: ReplicaAnswer): answer is ReplicaStatus {
  return !("kind" in answer);
}

const NONCE_SIZE = 32;

/**
 * Asks one member for its own account of itself, whether or not the cluster has a quorum. It must
 * prove that it is that member; what it then says is its word only. Never throws.
 */
export async function askReplica(
  committee: Committee,
  member: Member,
  answerMsMax: number,
): Promise<ReplicaAnswer> {
  const agents = new ReplicaAgents({ keyOf: () => member.publicKey });
  const socket = new WebSocket(`ws://${hostPortOf(member.address)}/client`, {
    agent: agents.of(member.address),
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
    handshakeTimeout: answerMsMax,
  });
  try {
    return await new Promise<ReplicaAnswer>((resolve) =>
      converse(socket, committee, member, resolve, answerMsMax),
    );
  } finally {
    socket.removeAllListeners("message");
    socket.terminate();
  }
}

function converse(
  socket: WebSocket,
  committee: Committee,
  member: Member,
  resolve: (answer: ReplicaAnswer) => void,
  answerMsMax: number,
): void {
  const hello = clientHello(committee);
  const timer = setTimeout(() => {
    resolve({ kind: "silent", why: `no answer within ${answerMsMax} ms` });
  }, answerMsMax);
  socket.once("open", () => socket.send(encodeFrame(FRAME.hello, hello)));
  socket.on("error", (error) => resolve({ kind: "unreachable", why: reasonOf(error) }));
  socket.once("close", () => {
    clearTimeout(timer);
    resolve({ kind: "stranger", why: "it closed the connection: another cluster's replica?" });
  });
  let theirHello: Uint8Array | undefined;
  socket.on("message", (data) => {
    const frame = data instanceof Uint8Array ? decodeFrame(new Uint8Array(data)) : undefined;
    if (frame?.kind === FRAME.hello) {
      theirHello = frame.body;
    } else if (frame?.kind === FRAME.proof && theirHello !== undefined) {
      if (proves(committee, member, [hello, theirHello], frame.body)) {
        socket.send(encodeFrame(FRAME.status, statusRequestCodec.encode({ id: 1 })));
      } else {
        resolve({ kind: "stranger", why: "it does not hold this member's key" });
      }
    } else if (frame?.kind === FRAME.statusAnswer) {
      resolve(readStatus(frame.body));
    }
  });
}

function clientHello(committee: Committee): Uint8Array {
  return helloCodec.encode({
    protocol: PROTOCOL_VERSION,
    clusterId: committee.clusterId,
    role: ROLE_CLIENT,
    index: 0,
    epoch: committee.epoch,
    nonce: new Uint8Array(randomBytes(NONCE_SIZE)),
  });
}

/** The replica signs both hellos, ours first. */
function proves(
  committee: Committee,
  member: Member,
  hellos: readonly [ours: Uint8Array, theirs: Uint8Array],
  body: Uint8Array,
): boolean {
  const proof = proofCodec.tryDecode(body);
  if (proof === undefined) return false;
  const { clusterId, epoch } = committee;
  const message = signingBytes(DOMAIN.peerHello, clusterId, epoch, concatBytes(...hellos));
  return nodeCrypto.verify(member.publicKey, message, proof.signature);
}

function readStatus(body: Uint8Array): ReplicaAnswer {
  try {
    const status = JSON.parse(statusAnswerCodec.decode(body).json) as ReplicaStatus;
    if (isSound(status)) return status;
  } catch {
    // Told below.
  }
  return { kind: "stranger", why: "its answer cannot be read" };
}

/** A liar's answer is shown to people: numbers must be numbers, and texts no terminal's commands. */
function isSound(status: ReplicaStatus): boolean {
  const { pid, view, sequence, entries, stateRoot, hlc, notReady, accused } = status;
  return (
    [pid, view, sequence, entries, ...accused].every(
      (value) => Number.isSafeInteger(value) && value >= 0,
    ) &&
    /^[0-9a-f]{0,64}$/.test(stateRoot) &&
    /^\d{1,20}$/.test(hlc) &&
    notReady.every((why) => /^[ -~]{0,200}$/.test(why))
  );
}

function reasonOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
