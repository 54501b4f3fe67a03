import { exportJson } from "../export/export-json.ts";
import { exportShiviz } from "../export/export-shiviz.ts";
import { exportTrace } from "../export/export-trace.ts";
import { Film } from "../export/film.ts";
import { labelledPicture } from "../export/labelled-picture.ts";
import { saveFile } from "../export/save-file.ts";
import { formatCount, make, part, partOf } from "../panels/page.ts";
import type { Recording } from "../model/recording.ts";
import { encodeLink } from "./deep-link.ts";
import type { ViewState } from "./view-state.ts";
import type { Viewer } from "./viewer.ts";

/** A file of more events is opened by nothing that we know of. */
const EXPORT_ROWS_MAX = 500_000;

/** What the window shows, as a picture, as data, or as a link. */
export function wireExports(viewer: Viewer, preferred: ViewState): void {
  const menu = partOf("export-menu", HTMLDetailsElement);
  wireMenu(menu);
  const onPick = (id: string, action: () => Promise<void> | void): void => {
    part(id).addEventListener("click", () => {
      menu.open = false;
      void (async () => await action())().catch((error: unknown) => {
        viewer.notify(`that failed: ${error instanceof Error ? error.message : String(error)}`);
      });
    });
  };
  offerNames();
  onPick("export-png", async () => picture(viewer, await viewer.png()));
  onPick("export-names", async () =>
    picture(viewer, await labelledPicture(await viewer.png(), part("stage"))),
  );
  onPick("export-webm", filmer(viewer));
  onPick("export-json", () => text(viewer, "quorate-events.json", exportJson));
  onPick("export-shiviz", () => text(viewer, "quorate-shiviz.log", exportShiviz));
  onPick("export-trace", () => text(viewer, "quorate-trace.json", exportTrace));
  onPick("copy-link", () => copyLink(viewer, preferred));
}

/** The canvas alone is the same on every machine; with names it has this one's letters. */
function offerNames(): void {
  const button = make("button", {
    text: "Picture with names (PNG)",
    attributes: { type: "button", id: "export-names" },
  });
  part("export-png").after(button);
}

function picture(viewer: Viewer, content: Blob): void {
  if (isEmpty(viewer)) return;
  saveFile("quorate.png", content);
  viewer.notify("quorate.png is saved");
}

/** Closed by Esc and by a press elsewhere, as menus are. */
function wireMenu(menu: HTMLDetailsElement): void {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault();
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!menu.contains(target as Node)) menu.open = false;
  });
}

/** Films while the recording plays: until it is paused, has come to its end, or is pressed again. */
function filmer(viewer: Viewer): () => Promise<void> {
  const { store } = viewer;
  let taken: Film | undefined;
  store.subscribe((state, changed) => {
    if (changed.has("playing") && !state.playing) taken?.end();
  });
  return async () => {
    if (taken !== undefined) {
      store.set({ playing: false });
      return;
    }
    if (isEmpty(viewer)) return;
    const button = part("export-webm");
    const film = new Film(partOf("canvas", HTMLCanvasElement));
    taken = film;
    button.setAttribute("aria-pressed", "true");
    viewer.notify("filming; pause to end it");
    store.set({ playing: true });
    try {
      saveFile("quorate.webm", await film.whole);
      viewer.notify("quorate.webm is saved");
    } finally {
      taken = undefined;
      button.setAttribute("aria-pressed", "false");
    }
  };
}

function text(
  viewer: Viewer,
  name: string,
  make: (recording: Recording, rows: number[], isWhole: boolean) => string,
): void {
  const { recording } = viewer;
  if (isEmpty(viewer) || recording === undefined) return;
  const rows = windowRows(viewer, recording);
  const shown = rows.subarray(0, EXPORT_ROWS_MAX);
  const isSample = recording.sample?.isWhole(viewer.window) === false;
  const isCut = shown.length < rows.length;
  const content = make(recording, [...shown], !isSample && !isCut);
  saveFile(name, new Blob([content], { type: "text/plain" }));
  const first = isCut ? "the first " : "";
  viewer.notify(
    `${name} is saved: ${first}${formatCount(shown.length)} of ${formatCount(rows.length)} events` +
      (isSample ? ", of a sample: zoom in for all of them" : ""),
  );
}

/** In order of time; those that match, when a search is on. */
function windowRows({ window, answers }: Viewer, { index }: Recording): Uint32Array {
  const rows = index.order.subarray(index.placeAt(window.from), index.placeAt(window.to));
  const mask = answers?.mask;
  return mask === undefined ? rows : rows.filter((row) => mask[row] === 1);
}

async function copyLink(viewer: Viewer, preferred: ViewState): Promise<void> {
  const link = new URL(location.href);
  link.hash = encodeLink(viewer.store.state, preferred);
  // Browsers have one for pages of this machine, or under TLS.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) throw new Error("copy the link from the address bar instead");
  await clipboard.writeText(link.href);
  const isNamed = link.searchParams.has("file") || link.searchParams.has("live");
  viewer.notify(
    `the link is copied${isNamed ? "" : ": it holds the view, and whoever follows it opens the file"}`,
  );
}

function isEmpty(viewer: Viewer): boolean {
  if (viewer.recording === undefined) viewer.notify("nothing is open");
  return viewer.recording === undefined;
}
