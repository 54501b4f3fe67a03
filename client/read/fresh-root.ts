import { hlcMs } from "../../base/hlc.ts";
import type { Hlc, Sequence } from "../../base/types.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import type { ClientParts } from "../client-parts.ts";
import type { Judgement } from "../link/hedged-question.ts";
import type { ProvenRoot } from "../link/known-roots.ts";
import { rootOfAnswer } from "./proven-row.ts";

/** A root that is new enough to answer from, and the time up to which nothing is missing under it. */
export interface FreshRoot {
  readonly type: "fresh";
  readonly root: ProvenRoot;
  readonly time: Hlc;
}

/** Judges what an answer rests on: certified, not below this reader's floor, and not too old. */
export function freshRootOf(
  parts: ClientParts,
  freshnessMsMax: number,
  answer: {
    readonly sequence: Sequence;
    readonly certificate: StatementCertificate | undefined;
  },
): FreshRoot | Judgement<never> {
  const root = rootOfAnswer(parts.roots, answer);
  if (typeof root === "string") return { type: "lie", reason: root };
  parts.follower.adopt(root);
  if (root.sequence < parts.floor.session) return { type: "declined" };
  const { time } = parts.follower.freshOf(root);
  const isOld = (than: Hlc): boolean => parts.clock.nowMs() - hlcMs(than) > freshnessMsMax;
  if (isOld(time)) {
    parts.follower.refresh();
    if (isOld(parts.follower.freshOf(root).time)) return { type: "declined" };
  }
  return { type: "fresh", root, time };
}
