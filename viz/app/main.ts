import { decodeLink, encodeLink } from "./deep-link.ts";
import { wireExports } from "./exports.ts";
import { listenToKeys } from "./keyboard.ts";
import { playBack } from "./playback.ts";
import { listenToPointer } from "./pointer.ts";
import { Sources } from "./sources.ts";
import { toggleHelp, wireStrip, wireToolbar } from "./toolbar.ts";
import { VIEW_DEFAULT, ViewStore } from "./view-state.ts";
import type { ViewState } from "./view-state.ts";
import { Viewer } from "./viewer.ts";
import { part, partOf } from "../panels/page.ts";

/** The address follows the view, but not each frame of it. */
const LINK_MS = 400;

start();

function start(): void {
  const preferred = preferredView();
  const store = new ViewStore(decodeLink(location.hash, preferred));
  const viewer = openViewer(store);
  if (viewer === undefined) return;
  playBack(viewer);
  const sources = new Sources(viewer);
  wireToolbar(viewer);
  wireStrip(viewer);
  wireExports(viewer, preferred);
  listenToPointer(viewer);
  listenToKeys(viewer, { openFile: () => sources.pickFile(), toggleHelp });
  keepLink(store, preferred);
  openFromAddress(sources);
}

/** What the reader's system asks for, where a link says nothing. */
function preferredView(): ViewState {
  const light = matchMedia("(prefers-color-scheme: light)").matches;
  const narrow = matchMedia("(max-width: 760px)").matches;
  if (narrow) partOf("legend", HTMLDetailsElement).open = false;
  return { ...VIEW_DEFAULT, theme: light ? "light" : "dark", mode: narrow ? "flat" : "space" };
}

function openViewer(store: ViewStore): Viewer | undefined {
  try {
    return new Viewer(store);
  } catch {
    part("state-title").textContent = "This browser draws no WebGL 2";
    part("state-text").textContent =
      "The picture needs it; every current browser has it unless it was switched off.";
    part("state-open").hidden = true;
    return undefined;
  }
}

/** `?file=` names a recording on this server, `&compare=` another one, `?live` the collector that serves this page. */
function openFromAddress(sources: Sources): void {
  const asked = new URLSearchParams(location.search);
  const file = asked.get("file");
  if (file !== null) {
    const other = asked.get("compare");
    void sources.openUrl(new URL(file, location.href).href).then(async () => {
      if (other !== null) await sources.compareUrl(new URL(other, location.href).href);
    });
  } else if (asked.has("live")) {
    const url = new URL("./live", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const token = asked.get("token");
    url.search = token === null ? "" : `?token=${encodeURIComponent(token)}`;
    sources.follow(url.href);
  }
}

function keepLink(store: ViewStore, preferred: ViewState): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  store.subscribe(() => {
    timer ??= setTimeout(() => {
      timer = undefined;
      const hash = encodeLink(store.state, preferred);
      history.replaceState(
        null,
        "",
        hash === "" ? location.pathname + location.search : `#${hash}`,
      );
    }, LINK_MS);
  });
  globalThis.addEventListener("hashchange", () => store.set(decodeLink(location.hash, preferred)));
}
