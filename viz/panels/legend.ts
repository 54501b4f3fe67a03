import type { EventKind } from "../../base/journal/journal-event.ts";
import type { ThemeName } from "../scene/themes.ts";
import { kindIcon, shapeIcon } from "./mark-icon.ts";
import { make } from "./page.ts";

/** The kinds that people ask for; the others are told by the pointer. */
const SHOWN: readonly (readonly [EventKind, string])[] = [
  ["request", "request"],
  ["answer", "answer"],
  ["sent", "sent, received"],
  ["proposed", "proposed"],
  ["voted", "voted"],
  ["prepared", "prepared"],
  ["committed", "committed"],
  ["certified", "certified"],
  ["view-change", "view change"],
  ["new-view", "new view"],
  ["epoch", "epoch"],
  ["suspicion", "suspicion"],
  ["fault", "fault"],
  ["crash", "crash"],
  ["restart", "restart"],
  ["evidence", "evidence"],
  ["quarantine", "quarantine"],
  ["violation", "violation"],
];

export function drawLegend(root: HTMLElement, theme: ThemeName): void {
  root.replaceChildren(
    ...SHOWN.map(([kind, text]) => make("span", { class: "item" }, kindIcon(kind, theme), text)),
    make("span", { class: "item" }, shapeIcon("star", "green", theme), "proof certified"),
  );
}
