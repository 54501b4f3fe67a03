import { exportJson } from "../export/export-json.ts";
import { exportShiviz } from "../export/export-shiviz.ts";
import { exportTrace } from "../export/export-trace.ts";
import { saveFile } from "../export/save-file.ts";
import { part, partOf } from "../panels/page.ts";
import { encodeLink } from "./deep-link.ts";
import type { ViewState } from "./view-state.ts";
import type { Viewer } from "./viewer.ts";

/** A file of more events is opened by nothing that we know of. */
const EXPORT_ROWS_MAX = 500_000;

/** What the window shows, as a picture, as data, or as a link. */
export function wireExports(viewer: Viewer, preferred: ViewState): void {
  const onPick = (id: string, action: () => Promise<void> | void): void => {
    part(id).addEventListener("click", () => {
      partOf("export-menu", HTMLDetailsElement).open = false;
      void Promise.resolve(action()).catch((error: unknown) => {
        viewer.announce(`the export failed: ${String(error)}`);
      });
    });
  };
  onPick("export-png", async () => saveFile("quorate.png", await viewer.png()));
  onPick("export-json", () => text(viewer, "quorate-events.json", exportJson));
  onPick("export-shiviz", () => text(viewer, "quorate-shiviz.log", exportShiviz));
  onPick("export-trace", () => text(viewer, "quorate-trace.json", exportTrace));
  onPick("copy-link", async () => {
    const link = new URL(location.href);
    link.hash = encodeLink(viewer.store.state, preferred);
    await navigator.clipboard.writeText(link.href);
    viewer.announce("the link is copied");
  });
}

function text(
  viewer: Viewer,
  name: string,
  make: (recording: NonNullable<Viewer["recording"]>, rows: number[]) => string,
): void {
  const { recording } = viewer;
  if (recording === undefined) return;
  saveFile(name, new Blob([make(recording, windowRows(viewer))], { type: "text/plain" }));
  viewer.announce(`${name} is saved`);
}

/** In order of time; those that match, when a search is on. */
function windowRows(viewer: Viewer): number[] {
  const { recording, window, answers } = viewer;
  if (recording === undefined) return [];
  const { index } = recording;
  const rows = index.order.subarray(index.placeAt(window.from), index.placeAt(window.to));
  const mask = answers?.mask;
  const wanted = mask === undefined ? rows : rows.filter((row) => mask[row] === 1);
  return [...wanted.subarray(0, EXPORT_ROWS_MAX)];
}
