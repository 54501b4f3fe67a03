import type {
  EventDetail,
  EventId,
  EventKind,
  JournalEvent,
  RecordingHeader,
} from "../journal-event.ts";
import { JournalWriter } from "../journal-writer.ts";
import { encodeRecordingHeader } from "../recording-format.ts";
import { Prng } from "../../prng.ts";

export interface TapeOptions {
  readonly memberCount: number;
  readonly clientCount: number;
  readonly instanceCount: number;
  readonly seed: number;
  /** What goes wrong, at which instance. */
  readonly troubles?: readonly Trouble[];
}

export type Trouble =
  | { readonly at: number; readonly what: "kill-primary" }
  | { readonly at: number; readonly what: "cut-off"; readonly member: number }
  | { readonly at: number; readonly what: "equivocate" }
  | { readonly at: number; readonly what: "violation" };

const START_MS = 1_800_000_000_000;

/** What a recording of these events says of itself. */
export function generatedHeader({ memberCount, seed }: TapeOptions): RecordingHeader {
  return {
    origin: "simulation",
    title: `generated from seed ${seed}`,
    memberCount,
    faultyMax: Math.floor((memberCount - 1) / 3),
    names: Array.from({ length: memberCount }, (_, member) => name(member)),
    seed,
  };
}

/**
 * Events as a cluster would have made them, from a seed: for tests and figures that must not move
 * when the code of consensus does. The simulator makes the real ones.
 */
export function* generatedEvents(options: TapeOptions): IterableIterator<JournalEvent> {
  const tape = new TapeWriter(options);
  for (let instance = 1; instance <= options.instanceCount; instance++) {
    tape.instance(instance);
    yield* tape.events.splice(0);
  }
}

/** The same as a file's bytes, a block at a time. */
export function* generatedRecording(options: TapeOptions): IterableIterator<Uint8Array> {
  yield encodeRecordingHeader(generatedHeader(options));
  const writer = new JournalWriter();
  for (const event of generatedEvents(options)) {
    if (writer.isFull) yield flushed(writer);
    writer.add(event);
  }
  yield flushed(writer);
}

/** The writer goes on writing into the same memory. */
function flushed(writer: JournalWriter): Uint8Array {
  return writer.flush()?.slice() ?? new Uint8Array();
}

class TapeWriter {
  readonly events: JournalEvent[] = [];
  readonly #options: TapeOptions;
  readonly #prng: Prng;
  readonly #quorum: number;
  readonly #sequences = new Map<string, number>();
  readonly #incarnations = new Map<string, number>();
  readonly #clocks = new Map<string, { milliseconds: number; counter: number }>();
  readonly #down = new Set<number>();
  #nowMs = START_MS;
  #view = 0;

  constructor(options: TapeOptions) {
    this.#options = options;
    this.#prng = new Prng(options.seed);
    const faultyMax = Math.floor((options.memberCount - 1) / 3);
    this.#quorum = Math.ceil((options.memberCount + faultyMax + 1) / 2);
  }

  instance(sequence: number): void {
    this.#nowMs += 4 + this.#prng.below(8);
    const troubles = (this.#options.troubles ?? []).filter(({ at }) => at === sequence);
    for (const trouble of troubles) this.#hurt(trouble, sequence);
    const cut = troubles.some(({ what }) => what === "cut-off");
    const client = `client-${this.#prng.below(this.#options.clientCount)}`;
    const digest = hex(this.#prng);
    const key = `obj/${hex(this.#prng).slice(0, 6)}`;
    const asked = this.#note(client, "request", [], {
      what: "write",
      namespace: "default",
      key,
      digest,
    });
    const certified = this.#agree(sequence, digest, asked, cut);
    if (certified !== undefined) {
      const latencyMs = 3 + this.#prng.below(9) + (troubles.length > 0 ? 400 : 0);
      this.#note(client, "answer", [certified], {
        ...{ what: "write", key, digest, outcome: "written", sequence, latencyMs },
      });
    }
  }

  /** The normal case among those that run; answers the first certified event. */
  #agree(sequence: number, digest: string, asked: EventId, stuck: boolean): EventId | undefined {
    const vote = { epoch: 0, view: this.#view, sequence, digest };
    const primary = this.#view % this.#options.memberCount;
    const members = this.#members();
    this.#tick(1);
    const proposed = this.#note(name(primary), "proposed", [asked], {
      ...vote,
      count: 1,
      bytes: 900,
    });
    const votes = new Map<number, EventId>([[primary, proposed]]);
    for (const member of members) {
      if (member === primary) continue;
      const taken = this.#receive(member, "votes", name(primary), [proposed]);
      votes.set(member, this.#note(name(member), "voted", [taken], vote));
    }
    const signers = members.slice(0, this.#quorum).join(" ");
    if (stuck || members.length < this.#quorum) return undefined;
    const prepared = this.#stage("prepared", votes, { ...vote, signers });
    const committed = this.#stage("committed", prepared, { ...vote, signers });
    const executed = new Map<number, EventId>();
    const root = hex(this.#prng);
    for (const member of committed.keys()) {
      const detail = { sequence, root, count: 1, refusedCount: 0 };
      executed.set(member, this.#note(name(member), "executed", [], detail));
    }
    const certified = this.#stage("certified", executed, { epoch: 0, sequence, root, signers });
    if (sequence % 128 === 0) {
      for (const member of members) this.#note(name(member), "checkpoint", [], { sequence, root });
    }
    return certified.get(members[0] as number);
  }

  /** Everybody takes in everybody's message and then holds a certificate. */
  #stage(
    kind: EventKind,
    from: ReadonlyMap<number, EventId>,
    detail: EventDetail,
  ): Map<number, EventId> {
    this.#tick(1);
    const sent = new Map<number, EventId>();
    for (const member of from.keys()) {
      sent.set(
        member,
        this.#note(name(member), "sent", [], { type: "votes", peer: "all", count: 1 }),
      );
    }
    this.#tick(1);
    const held = new Map<number, EventId>();
    for (const member of from.keys()) {
      const others = [...sent].filter(([other]) => other !== member).map(([, id]) => id);
      const taken = this.#receive(member, "votes", "all", others);
      held.set(member, this.#note(name(member), kind, [taken], detail));
    }
    return held;
  }

  #receive(member: number, type: string, peer: string, parents: readonly EventId[]): EventId {
    return this.#note(name(member), "received", parents, { type, peer, count: parents.length });
  }

  #hurt(trouble: Trouble, sequence: number): void {
    const primary = this.#view % this.#options.memberCount;
    switch (trouble.what) {
      case "kill-primary":
        return this.#killPrimary(primary, sequence);
      case "cut-off": {
        const target = name(trouble.member);
        this.#note("world", "fault", [], { what: "partition", target });
        this.#tick(300);
        this.#note("world", "heal", [], { what: "partition", target });
        return undefined;
      }
      case "equivocate": {
        const other = { epoch: 0, view: this.#view, sequence, digest: hex(this.#prng) };
        this.#note(name(primary), "proposed", [], { ...other, count: 1, bytes: 900 });
        this.#note(name((primary + 1) % this.#options.memberCount), "evidence", [], {
          ...{ peer: name(primary), what: "two proposals of one sequence" },
        });
        return undefined;
      }
      default:
        this.#note("world", "violation", [], {
          checker: "agreement",
          what: `two roots at ${sequence}`,
        });
    }
  }

  #killPrimary(primary: number, sequence: number): void {
    this.#note(name(primary), "crash", [], { what: "kill", target: name(primary) });
    this.#down.add(primary);
    this.#tick(400);
    const changes: EventId[] = [];
    this.#view++;
    for (const member of this.#members()) {
      this.#note(name(member), "timer", [], { what: "request", view: this.#view - 1, sequence });
      this.#note(name(member), "suspicion", [], { peer: name(primary), what: "silent" });
      const detail = { epoch: 0, view: this.#view, stable: 0, preparedCount: 1 };
      changes.push(this.#note(name(member), "view-change", [], detail));
    }
    this.#tick(2);
    const next = name(this.#view % this.#options.memberCount);
    for (const member of this.#members()) {
      const parents = changes.filter(({ author }) => author.name !== name(member));
      const detail = { epoch: 0, view: this.#view, primary: next };
      this.#note(name(member), "new-view", parents, detail);
    }
    this.#tick(120);
    this.#down.delete(primary);
    this.#incarnations.set(name(primary), (this.#incarnations.get(name(primary)) ?? 1) + 1);
    this.#note(name(primary), "restart", [], { what: "killed", sequence: sequence - 1, view: 0 });
    this.#note(name(primary), "new-view", [], { epoch: 0, view: this.#view, primary: next });
  }

  #members(): number[] {
    const all = Array.from({ length: this.#options.memberCount }, (_, member) => member);
    return all.filter((member) => !this.#down.has(member));
  }

  #tick(ms: number): void {
    this.#nowMs += ms;
  }

  #note(
    author: string,
    kind: EventKind,
    parents: readonly EventId[],
    detail: EventDetail,
  ): EventId {
    const incarnation = this.#incarnations.get(author) ?? 1;
    const full = `${author}#${incarnation}`;
    const sequence = (this.#sequences.get(full) ?? 0) + 1;
    this.#sequences.set(full, sequence);
    // One clock for all keeps each event later than its causes.
    const clock = this.#clocks.get("all") ?? { milliseconds: 0, counter: 0 };
    const hlc =
      this.#nowMs > clock.milliseconds
        ? { milliseconds: this.#nowMs, counter: 0 }
        : { milliseconds: clock.milliseconds, counter: clock.counter + 1 };
    this.#clocks.set("all", hlc);
    const id = { author: { name: author, incarnation }, sequence };
    this.events.push({ id, hlc, kind, parents, detail });
    return id;
  }
}

function name(member: number): string {
  return `replica-${member}`;
}

function hex(prng: Prng): string {
  const half = (): string => prng.uint32().toString(16).padStart(8, "0");
  return half() + half();
}
