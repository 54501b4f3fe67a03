import type { Certainty, Level } from "./outcome.ts";

/** One answered request, as the access log has it. */
export interface Told {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly door: string;
  readonly method: string;
  readonly namespace: string;
  readonly key: string;
  /** "hit", "miss", or what became of a PUT or DELETE. */
  readonly outcome: string;
  /** Of a miss. */
  readonly reason?: string | undefined;
  /** What exactly was refused. */
  readonly detail?: string | undefined;
  readonly level?: Level | undefined;
  readonly certainty?: Certainty | undefined;
  /** Of the value, sent or received. */
  readonly bytes: number;
  /** From the request's head to the answer's hand-over to the socket. */
  readonly ms: number;
}

/** Upper bounds in milliseconds: a hit in memory takes a tenth of one, a door gives up at 2,000. */
export const LATENCY_MS: readonly number[] = [
  ...[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000],
];

/** Keys whose last answer is remembered, beside those that memory answers. */
const LAST_COUNT_MAX = 8192;

/** The running counts of one door. */
export class DoorTraffic {
  hits = 0;
  readonly misses = new Map<string, number>();
  readonly writes = new Map<string, number>();
  bytesIn = 0;
  bytesOut = 0;
  /** Requests by latency, one more than LATENCY_MS has bounds; not cumulative. */
  readonly latencies: number[] = [...LATENCY_MS, Infinity].map(() => 0);
  latencyMsSum = 0;

  add(told: Told): void {
    if (told.outcome === "hit") {
      this.hits++;
      this.bytesOut += told.bytes;
    } else if (told.outcome === "miss") {
      count(this.misses, told.reason ?? "absent");
    } else {
      count(this.writes, told.outcome);
      this.bytesIn += told.bytes;
    }
    let bucket = 0;
    while (bucket < LATENCY_MS.length && told.ms > LATENCY_MS[bucket]!) bucket++;
    this.latencies[bucket]!++;
    this.latencyMsSum += told.ms;
  }
}

/** What went through the doors: counted for each, and the last of each key for who asks why. */
export class Traffic {
  readonly doors = new Map<string, DoorTraffic>();
  readonly #last = new Map<string, Told>();
  readonly #listen: ((told: Told) => void) | undefined;

  constructor(listen?: (told: Told) => void) {
    this.#listen = listen;
  }

  tell(told: Told): void {
    let door = this.doors.get(told.door);
    if (door === undefined) this.doors.set(told.door, (door = new DoorTraffic()));
    door.add(told);
    this.#listen?.(told);
    // What memory answers explains itself.
    if (told.level !== "l1") this.#remember(told);
  }

  lastOf(namespace: string, key: string): Told | undefined {
    return this.#last.get(`${namespace} ${key}`);
  }

  #remember(told: Told): void {
    const name = `${told.namespace} ${told.key}`;
    this.#last.delete(name);
    this.#last.set(name, told);
    if (this.#last.size <= LAST_COUNT_MAX) return;
    for (const oldest of this.#last.keys()) {
      this.#last.delete(oldest);
      return;
    }
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
