import { IMPOSSIBLE } from "./impossible.ts";
import type { Operation, Value } from "./operation.ts";
import { OUTCOME_MODEL } from "./outcome-model.ts";

export interface Action {
  /** The state after the operation, if it can have had its result in this state. */
  readonly step: (state: Value, operation: Operation) => Value | typeof IMPOSSIBLE;
  /** With this result it changes no state whatever: it may be placed as soon as it fits. */
  readonly isRead: (operation: Operation) => boolean;
  readonly describe: (operation: Operation) => string;
  /** Its output is the state that it met. */
  readonly shows?: true;
  /** What it leaves or may leave, if that does not build on what was there before. */
  readonly leaves?: (operation: Operation) => Value | undefined;
}

/** A sequential specification as data: one key's first value, and what each action does to it. */
export interface Model {
  readonly name: string;
  readonly initial: Value;
  readonly actions: Readonly<Record<string, Action>>;
  /** Whether actions that build on the state may lead from one value to another. */
  readonly reaches: (state: Value, wanted: Value) => boolean;
}

const first = ({ input }: Operation): Value => input[0] ?? null;
const always = (): boolean => true;
const never = (): boolean => false;

function show(value: Operation["output"]): string {
  if (value === undefined) return "?";
  return typeof value === "boolean" ? (value ? "ok" : "refused") : JSON.stringify(value);
}

const read: Action = {
  step: (state, { output }) => (output === undefined || output === state ? state : IMPOSSIBLE),
  isRead: always,
  describe: ({ output }) => `read → ${show(output)}`,
  shows: true,
};

const write: Action = {
  step: (_state, operation) => first(operation),
  isRead: never,
  describe: (operation) => `write ${show(first(operation))}`,
  leaves: first,
};

const append: Action = {
  step: (state, operation) => `${state ?? ""}${first(operation) ?? ""}`,
  isRead: never,
  describe: (operation) => `append ${show(first(operation))}`,
};

const remove: Action = {
  step: () => null,
  isRead: never,
  describe: () => "withdraw",
  leaves: () => null,
};

/** Answers whether the state was the first value, and makes it the second if so. */
const compareAndSet: Action = {
  step: (state, { input, output }) => {
    const fits = state === (input[0] ?? null);
    if (output !== undefined && output !== fits) return IMPOSSIBLE;
    return fits ? (input[1] ?? null) : state;
  },
  isRead: ({ output }) => output === false,
  describe: ({ input, output }) =>
    `cas ${show(input[0] ?? null)} ${show(input[1] ?? null)} → ${show(output)}`,
  leaves: ({ input, output }) => (output === false ? undefined : (input[1] ?? null)),
};

/** An entry of an immutable class: the first answer stands, the same again is welcome. */
const publish: Action = {
  step: (state, operation) => {
    const accepted = state === null || state === first(operation);
    if (operation.output !== undefined && operation.output !== accepted) return IMPOSSIBLE;
    return accepted ? first(operation) : state;
  },
  isRead: ({ output }) => output === false,
  describe: (operation) => `publish ${show(first(operation))} → ${show(operation.output)}`,
  leaves: (operation) => (operation.output === false ? undefined : first(operation)),
};

const onlyItself = (state: Value, wanted: Value): boolean => state === wanted;

const REGISTER: Model = {
  name: "register",
  initial: null,
  actions: { read, write },
  reaches: onlyItself,
};

/** A key that was never put reads as empty, as in the public histories. */
const KEY_VALUE: Model = {
  name: "key-value",
  initial: "",
  actions: { get: read, put: write, append },
  reaches: (state, wanted) => (wanted ?? "").startsWith(state ?? ""),
};

const ETCD_CAS: Model = {
  name: "etcd-cas",
  initial: null,
  actions: { read, write, cas: compareAndSet },
  reaches: onlyItself,
};

/** Our own entries, of both classes: immutable ones are published, versioned ones succeed. */
const ENTRY: Model = {
  name: "entry",
  initial: null,
  actions: { read, write, publish, succeed: compareAndSet, withdraw: remove },
  reaches: onlyItself,
};

/** By the name under which a history's file calls for it. */
export const MODELS: ReadonlyMap<string, Model> = new Map(
  [REGISTER, KEY_VALUE, ETCD_CAS, ENTRY, OUTCOME_MODEL].map((model) => [model.name, model]),
);
