import { runReplica } from "../../node/run-replica.ts";
import type { RunningReplica } from "../../node/run-replica.ts";
import { EquivocatingTransport } from "./equivocating-transport.ts";
import { everyLie, LiesTold } from "./lies.ts";
import type { LiePlan } from "./lies.ts";
import { LyingAnswers } from "./lying-answers.ts";
import { wrongBlobs } from "./wrong-blobs.ts";

export interface LyingReplica extends RunningReplica {
  /** May be changed at any time. */
  readonly plan: LiePlan;
  readonly told: LiesTold;
}

/**
 * The replica of this folder, real in everything but what leaves it: it follows agreement and keeps
 * its promises to itself, and lies to peers and clients as the plan says, under its own true key.
 * It runs in the caller's process, so that a test sees which lies were told.
 */
export async function runLyingReplica(
  folder: string,
  plan: LiePlan = everyLie(),
): Promise<LyingReplica> {
  const told = new LiesTold();
  const lying = { plan, told };
  let answers: LyingAnswers | undefined;
  const replica = await runReplica({
    folder,
    logLevel: "silent",
    onFatal: (error) => {
      throw error;
    },
    disguise: {
      transport(transport, identity) {
        answers = new LyingAnswers(identity, lying);
        return new EquivocatingTransport(transport, identity, lying);
      },
      answer: (kind, body) => answers?.answer(kind, body) ?? body,
      blobs: (blobs) => wrongBlobs(blobs, lying),
    },
  });
  return { ...replica, plan, told };
}
