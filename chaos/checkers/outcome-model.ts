import type { Action, Model } from "./model.ts";
import { IMPOSSIBLE } from "./impossible.ts";
import type { Operation, Value } from "./operation.ts";

/**
 * Our own entries under a policy: what a put did follows from votes that this model does not count,
 * so it believes the outcome that the put was told and judges only what reads then show.
 *
 * A state is the set of values that may be served, as JSON. A put that was accepted serves its
 * value; one that disputes ends what is served; one that waits, differs or comes too late changes
 * nothing; a withdrawal may end what is served; of an operation that never answered each is possible.
 */
const encode = (values: readonly Value[]): string =>
  JSON.stringify(
    [...new Set(values)].sort((left, right) => ((left ?? "") < (right ?? "") ? -1 : 1)),
  );

const decode = (state: Value): readonly Value[] => JSON.parse(state ?? "[]") as readonly Value[];

const read: Action = {
  step: (state, { output }) => {
    if (output === undefined) return state;
    return typeof output !== "boolean" && decode(state).includes(output)
      ? encode([output])
      : IMPOSSIBLE;
  },
  // It changes nothing that is served, but it tells which of the possible ones that is.
  isRead: ({ output }) => output === undefined,
  describe: ({ output }) => `read → ${String(output)}`,
  shows: true,
};

/** Outcomes that change nothing served. */
const IDLE: ReadonlySet<Operation["output"]> = new Set(["PENDING", "DIFFERS", "REFUSED"]);

const put: Action = {
  step: (state, { input, output }) => {
    const value = input[0] ?? null;
    if (output === "ACCEPTED") return encode([value]);
    if (output === "DISPUTED") return encode([null]);
    return IDLE.has(output) ? state : encode([...decode(state), value, null]);
  },
  isRead: ({ output }) => IDLE.has(output),
  describe: ({ input, output }) => `put ${String(input[0])} → ${String(output ?? "?")}`,
  leaves: ({ input, output }) => {
    if (IDLE.has(output)) return undefined;
    return output === "DISPUTED" ? encode([null]) : encode([input[0] ?? null, null]);
  },
};

const withdraw: Action = {
  step: (state, { output }) => (IDLE.has(output) ? state : encode([...decode(state), null])),
  isRead: ({ output }) => IDLE.has(output),
  describe: ({ output }) => `withdraw → ${String(output ?? "?")}`,
};

export const OUTCOME_MODEL: Model = {
  name: "outcomes",
  initial: encode([null]),
  actions: { read, put, withdraw },
  reaches: (state, wanted) => wanted === null || decode(state).includes(wanted),
};
