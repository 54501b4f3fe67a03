import { part } from "../panels/page.ts";
import { showFailure } from "../panels/state-card.ts";
import { decodeLink, encodeLink } from "./deep-link.ts";
import { wireExports } from "./exports.ts";
import type { FileDoor } from "./file-door.ts";
import { listenToKeys } from "./keyboard.ts";
import { playBack } from "./playback.ts";
import { listenToPointer } from "./pointer.ts";
import { eventsMaxOf } from "./source-address.ts";
import type { SourceAddress } from "./source-address.ts";
import { Sources } from "./sources.ts";
import { toggleHelp, wireStrip, wireToolbar } from "./toolbar.ts";
import { ViewStore } from "./view-state.ts";
import type { ViewState } from "./view-state.ts";
import { Viewer } from "./viewer.ts";

/** The address follows the view, but not each frame of it. */
const LINK_MS = 400;

export interface Beginning {
  /** The view where a link says nothing. */
  readonly preferred: ViewState;
  readonly files: FileDoor;
  readonly address: SourceAddress;
}

export function start({ preferred, files, address }: Beginning): void {
  const store = new ViewStore(decodeLink(location.hash, preferred));
  const viewer = openViewer(store);
  if (viewer === undefined) return;
  playBack(viewer);
  const sources = new Sources(viewer, eventsMaxOf(location));
  wireToolbar(viewer);
  wireStrip(viewer);
  wireExports(viewer, preferred);
  listenToPointer(viewer);
  listenToKeys(viewer, { openFile: () => files.pick(), toggleHelp });
  keepLink(store, preferred);
  openFrom(address, sources);
  files.onFile((file) => void sources.openFile(file));
  part("stage").dataset["ready"] = "true";
}

function openViewer(store: ViewStore): Viewer | undefined {
  try {
    return new Viewer(store);
  } catch {
    showFailure(
      "This browser draws no WebGL 2",
      "The picture needs it; every current browser has it unless it was switched off.",
      false,
    );
    return undefined;
  }
}

function openFrom(address: SourceAddress, sources: Sources): void {
  if (address.type === "live") sources.follow(address.url);
  if (address.type !== "file") return;
  const { file, compare } = address;
  void sources.openUrl(file).then(async () => {
    if (compare !== undefined) await sources.compareUrl(compare);
  });
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
  // Its own address: the one of the page may be an older view's again by now.
  globalThis.addEventListener("hashchange", ({ newURL }) =>
    store.set(decodeLink(new URL(newURL).hash, preferred)),
  );
}
