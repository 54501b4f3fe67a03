import type { ClientWatcher } from "../clients/simulated-client.ts";
import type { Surroundings } from "../world/simulated-replica.ts";
import type { Checker } from "./checker.ts";

/** One witness out of many: each is told what it looks at, in their order. */
export function watchOf(checkers: readonly Checker[]): {
  readonly witness: Surroundings["witness"];
  readonly clients: ClientWatcher;
} {
  const steppers = checkers.filter((checker) => checker.step !== undefined);
  const senders = checkers.filter((checker) => checker.send !== undefined);
  return {
    witness: {
      step(replica, input, outputs, now) {
        for (const checker of steppers) checker.step?.(replica, input, outputs, now);
      },
      send(replica, to, kind, body) {
        for (const checker of senders) checker.send?.(replica, to, kind, body);
      },
      durable(replica, records) {
        for (const checker of checkers) checker.durable?.(replica, records);
      },
      ended(replica, epoch, next) {
        for (const checker of checkers) checker.ended?.(replica, epoch, next);
      },
      began(replica, committee, entry) {
        for (const checker of checkers) checker.began?.(replica, committee, entry);
      },
      probed(replica, heartbeat) {
        for (const checker of checkers) checker.probed?.(replica, heartbeat);
      },
      boot(replica, found) {
        for (const checker of checkers) checker.boot?.(replica, found);
      },
    },
    clients: {
      issued(digest, writer) {
        for (const checker of checkers) checker.issued?.(digest, writer);
      },
      wrote(client, operation, digest) {
        for (const checker of checkers) checker.wrote?.(client, operation, digest);
      },
      read(client, operation, proof) {
        for (const checker of checkers) checker.read?.(client, operation, proof);
      },
    },
  };
}
