/** The content of one key: text, or null where there is nothing. */
export type Value = string | null;

/** How strict an operation asks to be (ARCHITECTURE, reads); absent: linearizable. */
export type Consistency = "linearizable" | "session" | "certified";

/** One call of one process, as seen from outside the system. */
export interface Operation {
  /** Who called. A process has one call under way at a time. */
  readonly process: number;
  /** Partition: operations of different keys never touch one another. */
  readonly key: string;
  /** A name in the model's table of actions. */
  readonly action: string;
  /** What was asked for: the value to write, or the two of a compare-and-set. */
  readonly input: readonly Value[];
  /** What came back; undefined: nobody knows, and every result is possible. */
  readonly output: Value | boolean | undefined;
  /** When it began and ended, on one clock; milliseconds, or an event's place in a log. */
  readonly call: number;
  /** Infinity: still under way at the end; it may have happened at any later time or never. */
  readonly return: number;
  readonly consistency?: Consistency;
  /** The sequence under which it was answered, where the system tells. */
  readonly sequence?: number;
}

export interface History {
  readonly model: string;
  readonly operations: readonly Operation[];
}
