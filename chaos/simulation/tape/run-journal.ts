import type { CauseHint } from "../../../base/journal/cause-hint.ts";
import { EventScribe } from "../../../base/journal/event-scribe.ts";
import type { JournalSink } from "../../../base/journal/event-scribe.ts";
import type { EventDetail, EventKind, JournalEvent } from "../../../base/journal/journal-event.ts";
import type { Epoch } from "../../../base/types.ts";
import type { Committee } from "../../../consensus/committee.ts";
import type { EpochEntry } from "../../../consensus/replica/context.ts";
import type { Input, Now } from "../../../consensus/replica/input.ts";
import type { Output } from "../../../consensus/replica/output.ts";
import { TIMING_DEFAULT } from "../../../consensus/replica/timing.ts";
import { noteEnd, noteEpoch } from "../../../node/journal/note-epoch.ts";
import { StepJournal } from "../../../node/journal/step-journal.ts";
import type { Checker, CheckerFrame } from "../invariants/checker.ts";
import type { Fault } from "../faults/plan.ts";
import { EPOCH_MS } from "../world/simulated-clock.ts";
import { machineAt } from "../world/member-address.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { Violation } from "../world/witness.ts";

/** ε: as far as correct clocks may be apart. */
const AHEAD_MS_MAX: number = TIMING_DEFAULT.epsilonMs;

const WORLD = "world";

/**
 * A run as a journal: every replica's events as its real journal tells them, each client's requests
 * and answers, and what the world does to them. It looks on and changes nothing: a run that is
 * recorded has the same event hash as one that is not, and two recordings are equal byte for byte.
 *
 * A simulated frame carries its sender's hint beside its bytes, where neither loss nor lies touch
 * it, so the lines that are drawn are true even for liars.
 */
export class RunJournal implements Checker, JournalSink {
  readonly name = "causality";
  readonly #frame: Pick<CheckerFrame, "world" | "committee">;
  readonly #sink: JournalSink;
  readonly #scribes = new Map<SimulatedReplica, EventScribe>();
  readonly #steps = new Map<SimulatedReplica, StepJournal>();
  /** Whose process has just begun: it enters its epoch in the midst of it. */
  readonly #booting = new Set<SimulatedReplica>();
  readonly #world: EventScribe;
  /** Faults that pass by themselves, by when. */
  readonly #passing: { readonly atMs: number; readonly detail: EventDetail }[] = [];
  /** Set while an event of the past is told. */
  #pastMs: number | undefined;

  constructor(frame: Pick<CheckerFrame, "world" | "committee">, sink: JournalSink) {
    this.#frame = frame;
    this.#sink = sink;
    this.#world = this.#outsider(WORLD);
  }

  /** Everything that is noted goes through here. */
  take(event: JournalEvent): void {
    // What the world says now has its number already: what passed was told before it got one.
    if (event.id.author.name !== WORLD) this.#tellPassed();
    this.#sink.take(event);
  }

  /** Clients and the world: their clock is the true one. */
  clientScribe(number: number): EventScribe {
    return this.#outsider(`client-${number}`);
  }

  boot(replica: SimulatedReplica): void {
    const before = this.#scribes.get(replica);
    const name = authorName(replica);
    const scribe = new EventScribe(
      {
        author: { name, incarnation: replica.bootCount },
        nowMs: () => replica.clock.wallMs(),
        aheadMsMax: AHEAD_MS_MAX,
        floor: before?.time,
      },
      this,
    );
    if (before?.hint !== undefined) scribe.heard(name, before.hint);
    this.#tell(scribe);
    this.#scribes.set(replica, scribe);
    const { committee } = this.#frame;
    this.#steps.set(replica, new StepJournal({ scribe, committee }));
    scribe.note("restart", { what: replica.bootCount === 1 ? "begins" : "begins again" });
    this.#booting.add(replica);
  }

  ended(replica: SimulatedReplica, epoch: Epoch, next: Committee): void {
    const scribe = this.#scribes.get(replica);
    if (scribe !== undefined) noteEnd(scribe, epoch, next, replica.signer.publicKey);
  }

  /** Numbers are those of the epoch that it is in from now on. */
  began(replica: SimulatedReplica, committee: Committee, { boundary }: EpochEntry): void {
    const scribe = this.#scribes.get(replica);
    if (scribe === undefined) return;
    const numbers = committee.members.map(({ address }) => machineAt(address));
    this.#steps.set(replica, new StepJournal({ scribe, committee, numbers }));
    noteEpoch(scribe, committee, { numbers, boundary, isNew: !this.#booting.has(replica) });
  }

  step(replica: SimulatedReplica, input: Input, outputs: readonly Output[], now: Now): void {
    this.#booting.delete(replica);
    this.#steps.get(replica)?.observe(input, outputs, now);
  }

  /** What a frame that leaves this replica now has as its cause. */
  hintOf(replica: SimulatedReplica): CauseHint | undefined {
    return this.#scribes.get(replica)?.hint;
  }

  /** A frame of this author has come, which left when `hint` was its newest event. */
  heard(replica: SimulatedReplica, from: string, hint: CauseHint | undefined): void {
    if (hint !== undefined && replica.isUp) this.#scribes.get(replica)?.heard(from, hint);
  }

  crashed(replica: SimulatedReplica): void {
    this.#say("crash", { target: authorName(replica) });
  }

  fault(fault: Fault, replicas: readonly SimulatedReplica[]): void {
    const victim = "replica" in fault ? replicas[fault.replica] : undefined;
    const detail = { what: fault.type, ...targetOf(fault, victim) };
    this.#say("fault", detail);
    const scribe = victim && this.#scribes.get(victim);
    if (scribe !== undefined) this.#tell(scribe);
    const atMs = this.#frame.world.nowMs + fault.forMs;
    const at = this.#passing.findIndex((each) => each.atMs > atMs);
    this.#passing.splice(at < 0 ? this.#passing.length : at, 0, { atMs, detail });
  }

  /** From now on nothing goes wrong but lies. */
  healed(): void {
    this.#passing.length = 0;
    this.#world.note("heal", { what: "everything" });
  }

  /** The last word, when a checker has found something. */
  violated({ checker, message }: Violation): void {
    this.#say("violation", { checker, what: message });
  }

  #say(kind: EventKind, detail: EventDetail): void {
    this.#tellPassed();
    this.#world.note(kind, detail);
  }

  #outsider(name: string): EventScribe {
    const { world } = this.#frame;
    const nowMs = (): number => EPOCH_MS + (this.#pastMs ?? world.nowMs);
    const author = { name, incarnation: 1 };
    return new EventScribe({ author, nowMs, aheadMsMax: AHEAD_MS_MAX }, this);
  }

  #tell(scribe: EventScribe): void {
    const { hint } = this.#world;
    if (hint !== undefined) scribe.heard(WORLD, hint);
  }

  /** Told late, at their own time: an event in the world's queue would be another run. */
  #tellPassed(): void {
    const { nowMs } = this.#frame.world;
    for (let first = this.#passing[0]; first !== undefined; first = this.#passing[0]) {
      if (first.atMs > nowMs || this.#pastMs !== undefined) return;
      this.#passing.shift();
      this.#pastMs = first.atMs;
      this.#world.note("heal", first.detail);
      this.#pastMs = undefined;
    }
  }
}

/** "replica 2" is replica-2, "twin of 2" twin-of-2. */
export function authorName({ name }: Pick<SimulatedReplica, "name">): string {
  return name.replaceAll(" ", "-");
}

function targetOf(fault: Fault, victim: SimulatedReplica | undefined): EventDetail {
  if (victim !== undefined) return { target: authorName(victim) };
  switch (fault.type) {
    case "partition":
      return { target: `${fault.sides.join(" ")}${fault.oneWay ? " one way" : ""}` };
    case "clog":
      return { target: `${fault.from} to ${fault.to}` };
    default:
      return {};
  }
}
