import type { EventDetail } from "../../base/journal/journal-event.ts";

/** Long texts are shown whole in the event's own panel. */
const VALUE_LENGTH_MAX = 24;

/** A detail in one line, as it would be searched for: "view:0 sequence:12". */
export function detailLine(detail: EventDetail): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}:${shorten(String(value))}`)
    .join(" ");
}

function shorten(text: string): string {
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX - 1)}…` : text;
}
