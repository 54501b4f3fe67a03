import type { Sequence } from "../../../base/types.ts";
import type { Checker } from "./checker.ts";
import { demand } from "./checker.ts";

/** Real time: a linearizable read shows all that was acknowledged before it began. */
export function realTime(): Checker {
  const name = "real-time order";
  const finished: { returnedAt: number; sequence: number }[] = [];
  const sessions = new Map<number, number>();
  return {
    name,
    wrote(client, { returnedAt, sequence }) {
      finished.push({ returnedAt: returnedAt ?? 0, sequence });
      sessions.set(client.number, Math.max(sessions.get(client.number) ?? 0, sequence));
    },
    read(client, operation, { sequence }) {
      const what = `client ${client.number} read ${operation.key} at ${sequence}`;
      if (operation.op === "read-session") {
        const floor = sessions.get(client.number) ?? 0;
        demand(sequence >= floor, name, () => `${what} in a session that had seen ${floor}`);
      }
      if (operation.op !== "read-certified") {
        sessions.set(client.number, Math.max(sessions.get(client.number) ?? 0, sequence));
      }
      if (operation.op !== "read-linearizable") return;
      let floor: Sequence | number = 0;
      for (const one of finished) {
        if (one.returnedAt <= operation.invokedAt) floor = Math.max(floor, one.sequence);
      }
      demand(sequence >= floor, name, () => `${what}, and ${floor} was acknowledged before`);
    },
  };
}
