import { PANELS } from "../app/view-state.ts";
import type { PanelName } from "../app/view-state.ts";
import { part } from "./page.ts";

export function showPanel(panel: PanelName): void {
  for (const name of PANELS) {
    const tab = part(`tab-${name}`);
    tab.setAttribute("aria-selected", String(name === panel));
    tab.tabIndex = name === panel ? 0 : -1;
    part(`panel-${name}`).hidden = name !== panel;
  }
}
