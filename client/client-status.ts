import type { Sequence } from "../base/types.ts";
import type { ClientParts } from "./client-parts.ts";
import { statusQuestion } from "./link/questions.ts";
import type { ClientStatus } from "./types.ts";

/** What this client knows and thinks, at once. */
export function clientStatus(
  { committee, follower, fleet }: ClientParts,
  client: { readonly name: string; readonly readOnly: boolean },
): ClientStatus {
  const root = follower.newest?.root;
  return {
    ...client,
    clusterId: committee.clusterId,
    epoch: committee.epoch,
    faultyMax: committee.faultyMax,
    sequence: root?.sequence ?? (0 as Sequence),
    stateRoot: root?.stateRoot,
    freshMs: follower.ageMs(),
    replicas: fleet.links.map(({ index, address, open, health }) => ({
      index,
      address,
      connected: open,
      latencyMs: health.latencyMs,
      stalls: health.stalls,
      busy: health.busy,
      lies: new Map(health.lies),
    })),
  };
}

/** Each replica's own account of itself, unsigned; undefined where none came in time. */
export function replicaStatus(
  { fleet, sweep }: ClientParts,
  deadlineMs: number,
): Promise<readonly (string | undefined)[]> {
  return Promise.all(
    fleet.links.map(
      (link) =>
        new Promise<string | undefined>((resolve) => {
          const cancel = sweep.after(deadlineMs, () => resolve(undefined));
          const asked = link.ask(statusQuestion(), (answer) => {
            cancel();
            resolve(answer?.json);
          });
          if (asked) return;
          cancel();
          resolve(undefined);
        }),
    ),
  );
}
