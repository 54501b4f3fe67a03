import type { Epoch, ReplicaIndex } from "../../base/types.ts";
import type { Input } from "./input.ts";

/** For which epoch it was signed; undefined: it names none, or says so where it is looked at. */
export function epochOf(input: Input): Epoch | undefined {
  switch (input.type) {
    case "vote":
      return input.vote.vote.epoch;
    case "statement":
      return input.statement.signed.epoch;
    case "heartbeat":
      return input.heartbeat.signed.epoch;
    case "view-change":
      return input.viewChange.signed.epoch;
    case "new-view":
      return input.newView.signed.epoch;
    case "suspicion":
      return input.suspicion.signed.epoch;
    case "availability":
      return input.certificate.epoch;
    case "committed":
      return input.commit.epoch;
    default:
      return undefined;
  }
}

/** Who signed what came in; undefined: nobody has, or it proves itself whoever sends it. */
export function authorOf(input: Input): ReplicaIndex | undefined {
  switch (input.type) {
    case "vote":
      return input.vote.packed.author;
    case "proposal":
      return input.proposal.packed.author;
    case "statement":
      return input.statement.author;
    case "heartbeat":
      return input.heartbeat.author;
    case "view-change":
      return input.viewChange.author;
    case "new-view":
      return input.newView.author;
    case "suspicion":
      return input.suspicion.author;
    default:
      return undefined;
  }
}
