import { hlcMs } from "../../base/hlc.ts";
import type { QuorateError } from "../../base/quorate-error.ts";
import type { Hash } from "../../base/types.ts";
import { weakQuorumOf } from "../../consensus/committee.ts";
import { REFUSAL_NOT_SERVING, REFUSAL_OVERLOADED } from "../../consensus/execution/outcomes.ts";
import {
  SUBMIT_EXECUTED,
  SUBMIT_REFUSED,
  SUBMIT_WANTS_VALUES,
} from "../../consensus/wire/connection.ts";
import type { SubmitAnswer } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { ClientParts } from "../client-parts.ts";
import { clientClosed, outcomeUnknown, writeRefused } from "../errors.ts";
import { BUSY_MS_MIN, RETRANSMIT_MS, RETRANSMIT_MS_MAX } from "../limits.ts";
import { byteText } from "../link/byte-text.ts";
import type { ReplicaLink } from "../link/replica-link.ts";
import type { CancelAlarm } from "../link/sweep.ts";
import type { StreamedValue } from "../types.ts";
import { checkExecuted } from "./check-submit-answer.ts";
import type { Execution } from "./check-submit-answer.ts";
import { PrimaryBelief } from "./primary-belief.ts";
import type { OutgoingSet } from "./signed-set.ts";
import { Uploads } from "./uploads.ts";

interface Flight {
  readonly set: OutgoingSet;
  readonly uploads: Uploads;
  readonly settle: (outcome: Execution | QuorateError) => void;
  /** Who refused for good, and why; f+1 who give the same reason are believed. */
  readonly refusals: Map<ReplicaLink, number>;
  /** Who answered with a proof that does not hold. */
  readonly liars: Set<ReplicaLink>;
  readonly sentTo: Set<ReplicaLink>;
  /** Also if the link was lost since. */
  wasSent: boolean;
  readonly sinceMs: number;
  attempts: number;
  /** How often it was told to come later. */
  postponed: number;
  /** Told so since it was last sent: until then nobody can put it off further. */
  waitsLonger: boolean;
  alarm: CancelAlarm | undefined;
}

/** Past its end and this much, nobody can execute a set that was not executed. */
const EXPIRY_MARGIN_MS = 10_000;

const LATENCY_GAIN = 1 / 8;
/** A set that takes this many times the usual is taken for lost. */
const LATENCY_MULTIPLE = 3;

/**
 * Carries signed sets to the cluster until each is proven executed. The believed primary first,
 * because ordering starts there; everybody after 250 ms, when a link breaks, or when somebody
 * refuses. The same bytes every time: a set is executed once, however often it arrives.
 */
export class Submitter {
  readonly #parts: ClientParts;
  readonly #belief: PrimaryBelief;
  readonly #flights = new Map<string, Flight>();
  readonly #onExecutedBy: ((header: OutgoingSet["header"]) => void)[] = [];
  /** Smoothed, from the first sending to the proof. */
  #latencyMs = 0;

  constructor(dependencies: ClientParts) {
    this.#parts = dependencies;
    const { committee, fleet } = dependencies;
    this.#belief = new PrimaryBelief(committee, fleet);
    fleet.listen({
      onOpen: (link) => this.#onOpen(link),
      onLost: (link) => this.#onLost(link),
      onSubmitAnswer: (link, answer) => this.#onAnswer(link, answer),
    });
  }

  /** A set's execution is proven: its bytes will not be sent again. */
  onExecuted(hear: (header: OutgoingSet["header"]) => void): void {
    this.#onExecutedBy.push(hear);
  }

  get count(): number {
    return this.#flights.size;
  }

  /** @throws QuorateError as refused by f+1 replicas, OUTCOME_UNKNOWN, VALUE_CHANGED */
  submit(set: OutgoingSet, values: readonly StreamedValue[]): Promise<Execution> {
    return new Promise((resolve, reject) => {
      const text = byteText(set.digest);
      const settle = (outcome: Execution | QuorateError): void => {
        const flight = this.#flights.get(text);
        if (flight === undefined) return;
        this.#flights.delete(text);
        flight.alarm?.();
        flight.uploads.stop();
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const onChanged = (error: Error): void => settle(error as QuorateError);
      const uploads = new Uploads(values, { platform: this.#parts.platform, onChanged });
      const flight: Flight = {
        set,
        uploads,
        settle,
        refusals: new Map(),
        liars: new Set(),
        sentTo: new Set(),
        wasSent: false,
        sinceMs: this.#parts.sweep.nowMs(),
        attempts: 0,
        postponed: 0,
        waitsLonger: false,
        alarm: undefined,
      };
      this.#flights.get(text)?.settle(outcomeUnknown("was given to this client again"));
      this.#flights.set(text, flight);
      this.#launch(flight);
    });
  }

  /** False: no replica can have the set, for it never left this machine. */
  reached(digest: Hash): boolean {
    return this.#flights.get(byteText(digest))?.wasSent ?? true;
  }

  /** Nobody waits for it any more: no further resends. */
  abandon(digest: Hash, why: string): void {
    this.#flights.get(byteText(digest))?.settle(outcomeUnknown(why));
  }

  close(): void {
    for (const flight of this.#flights.values()) {
      const sent = flight.sentTo.size > 0;
      flight.settle(sent ? outcomeUnknown("the client was closed") : clientClosed());
    }
  }

  #launch(flight: Flight): void {
    const primary = flight.set.inline ? this.#belief.link() : undefined;
    if (primary === undefined) this.#sendToAll(flight);
    else this.#send(flight, primary);
    this.#arm(flight);
  }

  /** A busy cluster is not helped by hearing everything again: what is usual is waited for. */
  #arm(flight: Flight): void {
    const firstMs = Math.max(RETRANSMIT_MS, LATENCY_MULTIPLE * this.#latencyMs);
    const delayMs = Math.min(RETRANSMIT_MS_MAX, firstMs * 2 ** flight.attempts);
    flight.alarm = this.#parts.sweep.after(delayMs, () => this.#retransmit(flight));
  }

  #retransmit(flight: Flight): void {
    const endMs = hlcMs(flight.set.notAfter) + EXPIRY_MARGIN_MS;
    if (this.#parts.clock.clusterMs() > endMs) {
      flight.settle(outcomeUnknown("its time ran out"));
      return;
    }
    if (flight.attempts === 0) this.#belief.doubt();
    flight.attempts = Math.min(flight.attempts + 1, 8);
    if (!flight.uploads.active) this.#sendToAll(flight);
    this.#arm(flight);
  }

  /**
   * Too much at once: the same replica hears it again after a while that grows each time, and not
   * everybody. From the second time on everybody does, because one who lies could say so for ever.
   */
  #postpone(flight: Flight, link: ReplicaLink): void {
    if (flight.waitsLonger) return;
    flight.waitsLonger = true;
    link.health.refusedBusy();
    flight.alarm?.();
    const longestMs = Math.min(RETRANSMIT_MS_MAX, BUSY_MS_MIN * 2 ** flight.postponed);
    const dice = (this.#parts.platform.randomBytes(1)[0] ?? 0) / 256;
    const again = flight.postponed > 0 || !link.open;
    flight.postponed = Math.min(flight.postponed + 1, 8);
    flight.alarm = this.#parts.sweep.after((longestMs / 2) * (1 + dice), () => {
      flight.waitsLonger = false;
      if (again) return this.#retransmit(flight);
      this.#send(flight, link);
      this.#arm(flight);
    });
  }

  #sendToAll(flight: Flight): void {
    for (const link of this.#parts.fleet.open) this.#send(flight, link);
  }

  #send(flight: Flight, link: ReplicaLink): void {
    if (!link.send(FRAME.submit, flight.set.body)) return;
    flight.sentTo.add(link);
    flight.wasSent = true;
  }

  /** Sets that reached nobody, or everybody but this one. */
  #onOpen(link: ReplicaLink): void {
    for (const flight of this.#flights.values()) {
      const alone = flight.sentTo.size === 0 || !flight.set.inline || flight.attempts > 0;
      if (alone) this.#send(flight, link);
    }
  }

  #onLost(link: ReplicaLink): void {
    for (const flight of this.#flights.values()) {
      if (flight.sentTo.delete(link)) this.#sendToAll(flight);
    }
  }

  #onAnswer(link: ReplicaLink, answer: SubmitAnswer): void {
    const flight = this.#flights.get(byteText(answer.digest));
    // Settled already: several replicas answer what was sent to several.
    if (flight === undefined) return;
    switch (answer.status) {
      case SUBMIT_EXECUTED:
        return this.#onExecuted(flight, link, answer);
      case SUBMIT_REFUSED:
        return this.#onRefused(flight, link, answer.code);
      case SUBMIT_WANTS_VALUES:
        return flight.uploads.want(link, answer.wanted);
      default:
        link.lied("garbage");
    }
  }

  #onExecuted(flight: Flight, link: ReplicaLink, answer: SubmitAnswer): void {
    const { platform, roots, follower, floor } = this.#parts;
    const execution = checkExecuted({ crypto: platform.crypto, roots }, flight.set, answer);
    if (typeof execution === "string") {
      link.lied(execution);
      // Once for each: who lies without end must not make this client shout at the others.
      if (!flight.liars.has(link)) this.#sendToAll(flight);
      flight.liars.add(link);
      return;
    }
    link.health.proved();
    const tookMs = this.#parts.sweep.nowMs() - flight.sinceMs;
    this.#latencyMs += LATENCY_GAIN * (tookMs - this.#latencyMs);
    follower.adopt(execution.root);
    floor.noteWritten(execution.sequence);
    for (const hear of this.#onExecutedBy) hear(flight.set.header);
    flight.settle(execution);
  }

  /**
   * One replica's no is a claim; of f+1 who give the same reason one is correct. Different reasons
   * do not add up: a liar's would stand beside that of one who merely lags.
   */
  #onRefused(flight: Flight, link: ReplicaLink, code: number): void {
    if (code === REFUSAL_NOT_SERVING) return;
    if (code === REFUSAL_OVERLOADED) return this.#postpone(flight, link);
    flight.refusals.set(link, code);
    // One replica has one voice, though it has another link in each epoch.
    const { links } = this.#parts.fleet;
    const alike = links.filter((one) => flight.refusals.get(one) === code);
    if (alike.length >= weakQuorumOf(this.#parts.committee)) {
      flight.settle(writeRefused(code));
      return;
    }
    if (flight.refusals.size === 1) this.#sendToAll(flight);
  }
}
