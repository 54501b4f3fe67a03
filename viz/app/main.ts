import { AXES, AXIS_TITLES } from "../model/axis.ts";
import { drawLegend } from "../panels/legend.ts";
import { make, part, partOf } from "../panels/page.ts";
import { showPanel } from "../panels/panel-tabs.ts";
import { showFailure, showLoading, showWaiting } from "../panels/state-card.ts";
import { decodeLink } from "./deep-link.ts";
import { FileDoor } from "./file-door.ts";
import { nameOfUrl, sourceAddress } from "./source-address.ts";
import { DETAIL_TITLES, DETAILS, VIEW_DEFAULT } from "./view-state.ts";
import type { ViewState } from "./view-state.ts";

/** Whatever it is that keeps a browser from painting: waiting longer helps nobody. */
const PAINT_MS_MAX = 5000;

void begin();

/**
 * The page as it is before there is a scene: everything but the picture, and what it waits for, in
 * words. Drawing comes after that was painted: it is most of the page's bytes, and starting it
 * takes longer than all the rest.
 */
async function begin(): Promise<void> {
  const preferred = preferredView();
  furnish(decodeLink(location.hash, preferred));
  const files = new FileDoor();
  const address = sourceAddress(location);
  if (address.type === "file") showLoading(nameOfUrl(address.file));
  else if (address.type === "live") showWaiting("Connecting to the collector", "");
  await firstPaint();
  try {
    const { start } = await import("./start.ts");
    start({ preferred, files, address });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    showFailure("The viewer did not start", `${why}. Load the page again.`, false);
  }
}

/** What the reader's system asks for, where a link says nothing. */
function preferredView(): ViewState {
  const light = matchMedia("(prefers-color-scheme: light)").matches;
  const narrow = matchMedia("(max-width: 760px)").matches;
  if (narrow) partOf("legend", HTMLDetailsElement).open = false;
  return { ...VIEW_DEFAULT, theme: light ? "light" : "dark", mode: narrow ? "flat" : "space" };
}

function furnish({ theme, panel, axis, detail }: ViewState): void {
  document.documentElement.dataset["theme"] = theme;
  drawLegend(part("legend-items"), theme);
  fillSelect("axis", AXES, AXIS_TITLES).value = axis;
  fillSelect("detail", DETAILS, DETAIL_TITLES).value = detail;
  showPanel(panel);
}

function fillSelect<T extends string>(
  id: string,
  values: readonly T[],
  titles: Readonly<Record<T, string>>,
): HTMLSelectElement {
  const select = partOf(id, HTMLSelectElement);
  select.replaceChildren(
    ...values.map((value) => make("option", { text: titles[value], attributes: { value } })),
  );
  return select;
}

/** A page that nobody sees paints nothing until somebody does, and is started all the same. */
function firstPaint(): Promise<void> {
  return new Promise((resolve) => {
    const unlessSeen = (): void => {
      if (document.visibilityState === "hidden") resolve();
    };
    unlessSeen();
    document.addEventListener("visibilitychange", unlessSeen, { once: true });
    new PerformanceObserver(() => resolve()).observe({ type: "paint", buffered: true });
    setTimeout(resolve, PAINT_MS_MAX);
  });
}
