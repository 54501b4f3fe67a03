import { agreement } from "./agreement.ts";
import { bounded } from "./bounded.ts";
import { Certificates } from "./certificates.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { EpochBoundaries } from "./epoch-boundaries.ts";
import { evidence } from "./evidence.ts";
import { exactlyOnce } from "./exactly-once.ts";
import { newViewFollows } from "./new-view-follows.ts";
import { nothingForgotten } from "./nothing-forgotten.ts";
import { OneHistory } from "./one-history.ts";
import { Overruled } from "./overruled.ts";
import { PromisesFirst } from "./promises-first.ts";
import { realTime } from "./real-time.ts";
import { trustRule } from "./trust-rule.ts";
import { timeIsTrue } from "./time-is-true.ts";

/** Progress after healing is judged by the run itself (run-seed.ts), broken invariants by the host. */
const CHECKERS: readonly ((frame: CheckerFrame) => Checker)[] = [
  (frame) => new EpochBoundaries(frame),
  agreement,
  exactlyOnce,
  (frame) => new Certificates(frame),
  (frame) => new PromisesFirst(frame),
  nothingForgotten,
  newViewFollows,
  timeIsTrue,
  evidence,
  (frame) => new Overruled(frame),
  bounded,
  (frame) => new OneHistory(frame),
  realTime,
  trustRule,
];

export function allCheckers(frame: CheckerFrame): readonly Checker[] {
  return CHECKERS.map((create) => create(frame));
}
