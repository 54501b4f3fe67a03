import { equalBytes, toHex } from "../../../base/bytes.ts";
import type { Epoch, Sequence } from "../../../base/types.ts";
import type { Committee, Member } from "../../../consensus/committee.ts";
import { membershipBytes } from "../../../consensus/epochs/consent.ts";
import type { EpochEntry } from "../../../consensus/replica/context.ts";
import type { Input } from "../../../consensus/replica/input.ts";
import type { Output } from "../../../consensus/replica/output.ts";
import {
  SIGNED_HEARTBEAT,
  SIGNED_STATEMENT,
  VOTE_ACKNOWLEDGEMENT,
  heartbeatCodec,
  signedCodec,
  statementCodec,
} from "../../../consensus/wire/certificate.ts";
import { reconfigurationCodec } from "../../../consensus/wire/configuration.ts";
import type { Reconfiguration } from "../../../consensus/wire/configuration.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import {
  ADMINISTRATION_RECONFIGURE,
  administrationCodec,
} from "../../../consensus/wire/write-set.ts";
import { votesOf } from "../liars/votes-of.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound, nameOf } from "./checker.ts";
import { faultOfStatements } from "./independent-certificates.ts";

const ACCEPTED = 0;
const MEMBER_COUNT_MIN = 4;

/**
 * Membership: of each epoch there is one configuration, the ordered one, to which every key that
 * joins has agreed; it begins after c and no earlier; a correct replica begins it with a link, Q
 * statements of the old members over c; from then on it signs nothing for the old one; and having
 * executed c it signs no heartbeat of its epoch.
 */
export class EpochBoundaries implements Checker {
  readonly name = "epoch boundaries";
  readonly #frame: CheckerFrame;
  readonly #decidedAt = new Set<number>();
  /** Of each process, what its steps have executed. */
  readonly #executed = new WeakMap<object, number>();
  /** The newest epoch that each machine has signed for. */
  readonly #signedFor = new Map<string, Epoch>();

  constructor(frame: CheckerFrame) {
    this.#frame = frame;
  }

  step(replica: SimulatedReplica, _input: Input, outputs: readonly Output[]): void {
    if (!isBound(replica)) return;
    const { epochs } = this.#frame;
    const epoch = replica.process?.committee?.epoch ?? (0 as Epoch);
    const who: object = replica.process ?? replica;
    for (const output of outputs) {
      if (output.type === "sign" && output.signedType === SIGNED_HEARTBEAT) {
        this.#heartbeat(replica, output.body, this.#executed.get(who) ?? 0);
      }
      if (output.type !== "executed") continue;
      const { sequence } = output;
      this.#executed.set(who, sequence);
      const what = (): string => `${replica.name} executes ${sequence} in epoch ${epoch}`;
      demand(sequence > epochs.beginsAfter(epoch), this.name, what);
      demand(sequence <= (epochs.endOf(epoch) ?? sequence), this.name, what);
      for (const { writeSet, result } of output.writeSets) {
        if (result === undefined) continue;
        const codes = new Map(result.outcomes.map(({ index, code }) => [index, code]));
        for (const [index, { administration }] of writeSet.writes.entries()) {
          if (administration.length === 0 || (codes.get(index) ?? ACCEPTED) !== ACCEPTED) continue;
          this.#administered(administration, sequence);
        }
      }
    }
  }

  began(
    replica: SimulatedReplica,
    committee: Committee,
    { boundary, certificate }: EpochEntry,
  ): void {
    if (!isBound(replica)) return;
    const { epochs, crypto, world } = this.#frame;
    const { epoch } = committee;
    const what = `${replica.name} begins epoch ${epoch}`;
    const decided = epochs.committeeOf(epoch);
    const isOrdered = decided !== undefined && areEqual(decided, committee);
    demand(isOrdered, this.name, () => `${what} with members that nobody decided`);
    demand(boundary === epochs.beginsAfter(epoch), this.name, () => `${what} after ${boundary}`);
    const before = epochs.committeeOf((epoch - 1) as Epoch);
    const { sequence } = statementCodec.decode(certificate.statement);
    const where = `under a link over ${sequence}, not ${boundary}`;
    demand(sequence === boundary, this.name, () => `${what} ${where}`);
    const fault = before && faultOfStatements(before, crypto, certificate);
    demand(fault === undefined, this.name, () => `${what} under a link with ${String(fault)}`);
    world.mark(`epoch: ${epoch} begun by somebody`);
  }

  probed(replica: SimulatedReplica, heartbeat: Uint8Array): void {
    if (!isBound(replica)) return;
    this.#heartbeat(replica, heartbeat, replica.process?.state.sequence ?? 0);
  }

  send(replica: SimulatedReplica, _to: unknown, kind: FrameKind, body: Uint8Array): void {
    if (!isBound(replica)) return;
    if (kind === FRAME.votePack) {
      for (const { type, epoch, sequence } of votesOf(body)) {
        if (type !== VOTE_ACKNOWLEDGEMENT) this.#within(replica, epoch, sequence);
        this.#signs(replica, epoch);
      }
    } else if (kind === FRAME.signed) {
      const sent = signedCodec.decode(body);
      if (sent.author !== replica.index) return;
      this.#signs(replica, sent.epoch);
      if (sent.type === SIGNED_STATEMENT) {
        this.#within(replica, sent.epoch, statementCodec.decode(sent.body).sequence);
      }
    }
  }

  /** L133: asked for when so much was executed; it may leave later, and says when it was true. */
  #heartbeat(replica: SimulatedReplica, body: Uint8Array, executed: number): void {
    const { epoch } = heartbeatCodec.decode(body);
    const end = this.#frame.epochs.endOf(epoch);
    const what = `${replica.name} signs a heartbeat of epoch ${epoch}`;
    demand(end === undefined || executed < end, this.name, () => `${what} after its end`);
  }

  #within(replica: SimulatedReplica, epoch: Epoch, sequence: Sequence): void {
    const { epochs } = this.#frame;
    const what = (): string => `${replica.name} signs for ${sequence} in epoch ${epoch}`;
    demand(sequence > epochs.beginsAfter(epoch), this.name, what);
    demand(sequence <= (epochs.endOf(epoch) ?? sequence), this.name, what);
  }

  #signs(replica: SimulatedReplica, epoch: Epoch): void {
    const name = nameOf(replica);
    const before = this.#signedFor.get(name) ?? epoch;
    const what = `${replica.name} signs for epoch ${epoch}`;
    demand(epoch >= before, this.name, () => `${what} after it did for ${before}`);
    this.#signedFor.set(name, epoch);
  }

  #administered(encoded: Uint8Array, sequence: Sequence): void {
    const operation = administrationCodec.tryDecode(encoded);
    if (operation?.action !== ADMINISTRATION_RECONFIGURE || this.#decidedAt.has(sequence)) return;
    this.#decidedAt.add(sequence);
    const order = reconfigurationCodec.decode(operation.reconfiguration);
    const { epochs, plan, world } = this.#frame;
    const { epoch, members, faultyMax } = order;
    const current = epochs.newest;
    const what = `${sequence} decides epoch ${epoch}`;
    demand(epoch === current.epoch + 1, this.name, () => `${what} after ${current.epoch}`);
    const isUnderWay = sequence <= epochs.beginsAfter(current.epoch);
    demand(!isUnderWay, this.name, () => `${what} before ${current.epoch} has begun`);
    const isPossible = members.length >= Math.max(MEMBER_COUNT_MIN, 2 * faultyMax + 1);
    demand(isPossible, this.name, () => `${what}: ${members.length} members bear ${faultyMax}`);
    this.#agreed(order, current, what);
    // Counted up: the first multiple of K that is two of them above.
    let boundary = 0;
    while (boundary < sequence + 2 * plan.checkpointInterval) boundary += plan.checkpointInterval;
    const { clusterId } = current;
    epochs.decide({ clusterId, epoch, members, faultyMax }, boundary as Sequence);
    world.mark("epoch: decided");
  }

  #agreed(order: Reconfiguration, current: Committee, what: string): void {
    const { crypto } = this.#frame;
    const message = membershipBytes(current.clusterId, order);
    for (const { publicKey } of order.members) {
      if (current.members.some((member) => equalBytes(member.publicKey, publicKey))) continue;
      const consent = order.consents.find((one) => equalBytes(one.publicKey, publicKey));
      const isGiven = consent !== undefined && crypto.verify(publicKey, message, consent.signature);
      demand(isGiven, this.name, () => `${what}, and ${toHex(publicKey)} has not agreed`);
    }
  }
}

function areEqual(left: Committee, right: Committee): boolean {
  const textOf = ({ publicKey, address }: Member): string => `${toHex(publicKey)} ${address}`;
  if (left.faultyMax !== right.faultyMax) return false;
  return left.members.map(textOf).join() === right.members.map(textOf).join();
}
