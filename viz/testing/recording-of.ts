import { EventTable } from "../model/event-table.ts";
import { Recording } from "../model/recording.ts";
import { generatedTape } from "./generated-tape.ts";
import type { TapeOptions } from "./generated-tape.ts";

/** A recording made in memory; four replicas and two clients unless told otherwise. */
export function recordingOf(options: Partial<TapeOptions> = {}): Recording {
  const { header, events } = generatedTape({
    memberCount: 4,
    clientCount: 2,
    instanceCount: 20,
    seed: 1,
    ...options,
  });
  const table = new EventTable(header);
  for (const event of events) table.append(event);
  return new Recording(table);
}
