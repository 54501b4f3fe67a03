import type { EventKind } from "../../base/journal/journal-event.ts";
import type { ThemeName } from "../scene/themes.ts";
import { kindIcon } from "./mark-icon.ts";
import { make } from "./page.ts";

/** The kinds that people ask for; the others are told by the pointer. */
const SHOWN: readonly (readonly [EventKind, string])[] = [
  ["request", "request"],
  ["view-change", "view change"],
  ["answer", "answer"],
  ["new-view", "new view"],
  ["proposed", "proposed"],
  ["suspicion", "suspicion"],
  ["voted", "voted"],
  ["fault", "fault"],
  ["prepared", "prepared"],
  ["crash", "crash"],
  ["committed", "committed"],
  ["restart", "restart"],
  ["certified", "certified"],
  ["evidence", "evidence"],
  ["sent", "sent, received"],
  ["violation", "violation"],
];

export function drawLegend(root: HTMLElement, theme: ThemeName): void {
  root.replaceChildren(
    ...SHOWN.map(([kind, text]) => make("span", { class: "item" }, kindIcon(kind, theme), text)),
  );
}
