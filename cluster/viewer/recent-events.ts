import { JournalReader } from "../../base/journal/journal-reader.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { listSegments, readSegment } from "../../node/journal/segment-folder.ts";

/** Of each replica: some minutes of an idle one, seconds of a loaded one. */
const RECENT_BYTES_MAX = 512 * 1024;
/** What a page is given to begin with, of each replica. */
const RECENT_EVENTS_MAX = 20_000;

/** The newest events of a replica that keeps its journal on this machine; none otherwise. */
export function recentEvents(folder: string): JournalEvent[] {
  const events: JournalEvent[] = [];
  let bytes = 0;
  const chosen: Uint8Array[] = [];
  for (const segment of listSegments(folder).toReversed()) {
    if (chosen.length > 0 && bytes + segment.size > RECENT_BYTES_MAX) break;
    try {
      chosen.unshift(readSegment(folder, segment));
      bytes += segment.size;
    } catch {
      // The oldest may be dropped while we look.
    }
  }
  for (const segment of chosen) {
    for (const block of new JournalReader().push(segment)) {
      for (const event of block.events()) events.push(event);
    }
  }
  return events.slice(-RECENT_EVENTS_MAX);
}
