import { exportJson } from "../export/export-json.ts";
import { exportShiviz } from "../export/export-shiviz.ts";
import { exportTrace } from "../export/export-trace.ts";
import { Film } from "../export/film.ts";
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
  onPick("export-webm", () => film(viewer));
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

/** Films while the recording plays: until it is paused, or has come to its end. */
async function film(viewer: Viewer): Promise<void> {
  const { store } = viewer;
  const taken = new Film(partOf("canvas", HTMLCanvasElement));
  const button = part("export-webm");
  button.setAttribute("aria-pressed", "true");
  viewer.announce("filming; pause to end it");
  store.set({ playing: true });
  store.subscribe((state, changed) => {
    if (changed.has("playing") && !state.playing) taken.end();
  });
  saveFile("quorate.webm", await taken.whole);
  button.setAttribute("aria-pressed", "false");
  viewer.announce("quorate.webm is saved");
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
