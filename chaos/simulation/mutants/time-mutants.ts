import { hurtBy, liesBy } from "./aim.ts";
import type { Mutant } from "./mutant.ts";

const kind = "time";

export const TIME_MUTANTS: readonly Mutant[] = [
  {
    name: "time-not-judged",
    kind,
    aim: liesBy("lie-about-time"),
    file: "consensus/replica/agreement.ts",
    find: "const credible = !clockCertain || body.batch.proposedTime <= latest;",
    replace: "const credible = true;",
  },
  {
    name: "epsilon-of-an-hour",
    kind,
    aim: liesBy("lie-about-time"),
    file: "consensus/replica/agreement.ts",
    find: "const latest = hlcAddMs(reading, this.#context.timing.epsilonMs);",
    replace: "const latest = hlcAddMs(reading, 4_000_000);",
  },
  {
    name: "judged-again-when-proposed-again",
    kind,
    file: "consensus/replica/agreement.ts",
    find: "if (instance.sequence <= this.#context.mandate.high) {",
    replace: "if (false) {",
  },
  {
    name: "agreed-time-as-proposed",
    kind,
    aim: liesBy("lie-about-time"),
    file: "consensus/execution/agreed-time.ts",
    find: "return proposed > next ? proposed : next;",
    replace: "return proposed;",
  },
  {
    name: "wall-clock-used",
    kind,
    aim: hurtBy("clock-step", "clock-strobe", "clock-reset"),
    file: "node/clock.ts",
    find: "const value = hlcMax(hlcNext(this.#last), physical);",
    replace: "const value = physical;",
  },
  {
    name: "bound-not-kept",
    kind,
    aim: hurtBy("clock-reset"),
    file: "node/clock.ts",
    find: "this.#sources.keepBound(bound);",
    replace: "",
  },
  {
    name: "executed-after-its-end",
    kind,
    file: "consensus/execution/sessions.ts",
    find: "if (time > header.notAfter) return outcomes.REFUSAL_EXPIRED;",
    replace: "",
  },
  {
    name: "heartbeat-from-the-future",
    kind,
    file: "consensus/replica/heartbeats.ts",
    find: "asOf: this.#context.now.reading,",
    replace: "asOf: this.#context.now.reading + (600000n << 16n),",
  },
];
