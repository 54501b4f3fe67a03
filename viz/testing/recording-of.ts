import { generatedEvents, generatedHeader } from "../../base/journal/testing/generated-tape.ts";
import type { TapeOptions } from "../../base/journal/testing/generated-tape.ts";
import { EventTable } from "../model/event-table.ts";
import { Recording } from "../model/recording.ts";

/** A recording made in memory; four replicas and two clients unless told otherwise. */
export function recordingOf(options: Partial<TapeOptions> = {}): Recording {
  const whole = { memberCount: 4, clientCount: 2, instanceCount: 20, seed: 1, ...options };
  const table = new EventTable(generatedHeader(whole));
  for (const event of generatedEvents(whole)) table.append(event);
  return new Recording(table);
}
