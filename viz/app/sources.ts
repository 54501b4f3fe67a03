import { LiveFeed } from "../feed/live-feed.ts";
import type { LiveState, SourceState } from "../feed/live-feed.ts";
import { EVENTS_MAX_DEFAULT, RecordingReader } from "../feed/recording-reader.ts";
import type { ReadFrom } from "../feed/worker-messages.ts";
import { compareRuns } from "../model/compare.ts";
import { Recording } from "../model/recording.ts";
import { formatCount, make, part, partOf } from "../panels/page.ts";
import {
  hideState,
  showFailure,
  showLoading,
  showProgress,
  showWaiting,
} from "../panels/state-card.ts";
import { niceStep } from "../scene/axis-scale.ts";
import { CloserLook } from "./closer-look.ts";
import { nameOfUrl } from "./source-address.ts";
import { boundsOf } from "./time-travel.ts";
import { SPEED_MAX, SPEED_MIN, VIEW_DEFAULT } from "./view-state.ts";
import type { Viewer } from "./viewer.ts";

/** A feed that says nothing for so long is called quiet, with its age. */
const QUIET_MS = 4000;
/** A recording played from end to end takes about so long, unless somebody chooses a speed. */
const PLAY_MS = 30_000;

/** Where the page's recording comes from: a file, an address, a collector. Says how that goes. */
export class Sources {
  readonly #viewer: Viewer;
  readonly #reader = new RecordingReader();
  readonly #eventsMax: number;
  #closerLook: CloserLook | undefined;
  #feed: LiveFeed | undefined;
  #opening = 0;
  #lastEventAt = 0;
  #liveState: LiveState = "connecting";
  #liveSources: readonly SourceState[] = [];
  #dropped = 0;
  #liveTimer: ReturnType<typeof setInterval> | undefined;
  /** What was last said aloud of the feed. */
  #told = "";
  /** What somebody opens, or what became of it, stands before the picture. */
  #covered = false;
  readonly #back = make("button", {
    ...{ text: "Back to what was shown", attributes: { type: "button", id: "state-back" } },
  });

  /** Of a recording with more events than `eventsMax` a sample is held. */
  constructor(viewer: Viewer, eventsMax: number = EVENTS_MAX_DEFAULT) {
    this.#viewer = viewer;
    this.#eventsMax = eventsMax;
    const other = partOf("compare-file", HTMLInputElement);
    other.addEventListener("change", () => {
      const file = other.files?.[0];
      if (file !== undefined) void this.compare({ file }, file.name);
      other.value = "";
    });
    part("compare").addEventListener("click", () => {
      partOf("export-menu", HTMLDetailsElement).open = false;
      other.click();
    });
    this.#back.hidden = true;
    this.#back.addEventListener("click", () => {
      this.#uncover();
      part("stage").focus();
    });
    part("state-open").after(this.#back);
  }

  /** A file of this disk: no address leads to it, and no window of another one. */
  async openFile(file: File): Promise<void> {
    await this.#open({ file }, file.name, () => {
      const address = new URL(location.href);
      for (const name of ["file", "compare", "live"]) address.searchParams.delete(name);
      history.replaceState(null, "", `${address.pathname}${address.search}`);
      const { window, playhead, selected, playing, speed } = VIEW_DEFAULT;
      this.#viewer.store.set({ window, playhead, selected, playing, speed });
    });
  }

  async openUrl(url: string): Promise<void> {
    await this.#open({ url }, nameOfUrl(url));
  }

  async compareUrl(url: string): Promise<void> {
    await this.compare({ url }, nameOfUrl(url));
  }

  /** Opens another run beside the one that is shown, and marks what only this one has. */
  async compare(from: ReadFrom, name: string): Promise<void> {
    const { recording } = this.#viewer;
    if (recording === undefined) return;
    try {
      const { table } = await this.#reader.open(from, this.#eventsMax, () => undefined);
      recording.comparison = compareRuns(recording, new Recording(table), name);
      this.#viewer.show(recording, false);
      this.#viewer.store.set({ query: "motif:difference", selected: undefined });
      const { onlyHereCount, onlyThereCount } = recording.comparison;
      this.#viewer.notify(
        `${formatCount(onlyHereCount)} events are only here, ${formatCount(onlyThereCount)} only in ${name}`,
      );
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#viewer.notify(`${name} did not open: ${why}`);
    }
  }

  follow(url: string): void {
    this.#leaveFeed();
    this.#viewer.store.set({ follow: true });
    part("follow").hidden = false;
    this.#feed = new LiveFeed(url, {
      onRecording: (recording) => {
        this.#lastEventAt = performance.now();
        if (!this.#covered) hideState();
        this.#viewer.show(recording, true);
        this.#describeLive();
      },
      onState: (state, sources) => {
        this.#liveState = state;
        this.#liveSources = sources;
        this.#describeLive();
      },
      onDropped: (count) => {
        this.#dropped += count;
      },
      onNodes: (samples) => this.#viewer.takeNodes(samples),
    });
    this.#liveTimer = setInterval(() => this.#describeLive(), 1000);
  }

  /** A feed that is not followed any more says nothing any more. */
  #leaveFeed(): void {
    this.#feed?.close();
    this.#feed = undefined;
    clearInterval(this.#liveTimer);
  }

  /** What is shown, or followed, is left once there is something else to show. */
  async #open(from: ReadFrom, name: string, leave = (): void => undefined): Promise<void> {
    const opening = ++this.#opening;
    const started = performance.now();
    this.#covered = true;
    this.#back.hidden = true;
    showLoading(name);
    try {
      const opened = await this.#reader.open(from, this.#eventsMax, ({ fraction, events }) => {
        if (opening === this.#opening) showProgress(fraction, events);
      });
      // Another one was opened meanwhile.
      if (opening !== this.#opening) return;
      const { table, report, sample } = opened;
      const recording = new Recording(table);
      recording.sample = sample;
      if (table.count === 0) {
        this.#fail("Nothing in it", name, `${name} holds no events that can be read.`);
        return;
      }
      this.#leaveFeed();
      this.#closerLook?.close();
      this.#closerLook = undefined;
      part("follow").hidden = true;
      leave();
      this.#present(recording, name, report);
      if (sample !== undefined) this.#closerLook = new CloserLook(this.#viewer, opened);
      part("stage").dataset["loadMs"] = String(Math.round(performance.now() - started));
    } catch (error) {
      if (opening !== this.#opening) return;
      const why = error instanceof Error ? error.message : String(error);
      this.#fail(
        "That did not open",
        name,
        "url" in from && tokenHint() !== "" ? `${why}.${tokenHint()}` : why,
      );
    }
  }

  #fail(title: string, name: string, text: string): void {
    showFailure(title, text);
    this.#viewer.announce(`${title}: ${name}`);
    if (this.#viewer.recording === undefined) return;
    this.#back.hidden = false;
    this.#back.focus();
  }

  #uncover(): void {
    this.#covered = false;
    hideState();
  }

  #present(
    recording: Recording,
    name: string,
    report: { readonly gapCount: number; readonly gapBytes: number; readonly leftOut: number },
  ): void {
    const { store } = this.#viewer;
    this.#uncover();
    const bounds = boundsOf(recording);
    if (store.state.speed === 1) {
      const speed = niceStep((bounds.to - bounds.from) / PLAY_MS / 2);
      store.set({ speed: Math.min(SPEED_MAX, Math.max(SPEED_MIN, speed)), follow: false });
    }
    this.#viewer.show(recording, false);
    const { header, count } = recording.table;
    const { sample } = recording;
    const of = sample === undefined ? "" : ` of ${formatCount(sample.eventCount)}`;
    const gaps = report.gapCount === 0 ? "" : ` · ${report.gapCount} gaps`;
    const cut = report.leftOut === 0 ? "" : ` · ${formatCount(report.leftOut)} left out`;
    describeSource(
      `${name} · ${formatCount(count)}${of} events${gaps}${cut}`,
      report.gapCount > 0 ? "stale" : "file",
    );
    part("source").title =
      `${header.title}; ${formatCount(report.gapBytes)} bytes could not be read`;
    document.title = `${name} · Quorate viewer`;
    this.#viewer.announce(`${name} is open: ${formatCount(count)} events`);
  }

  #describeLive(): void {
    // Who was let go is missing nowhere.
    const away = this.#liveSources.filter(
      ({ state }) => state !== "streaming" && state !== "no-member",
    );
    const quietMs = performance.now() - this.#lastEventAt;
    if (this.#liveState === "disconnected") {
      this.#describe("collector lost: what is shown is old; trying again", "lost");
      if (this.#lastEventAt === 0 && !this.#covered)
        showWaiting("The collector cannot be reached", `Trying again every second.${tokenHint()}`);
      return;
    }
    if (this.#lastEventAt === 0) {
      if (!this.#covered) showWaiting("Waiting for events", describeSources(this.#liveSources));
      const connected = this.#liveState === "streaming";
      describeSource(connected ? "connected, nothing heard yet" : "connecting", "stale");
      return;
    }
    const dropped = this.#dropped === 0 ? "" : ` · ${formatCount(this.#dropped)} left out`;
    const lost =
      away.length === 0 ? "" : ` · no journal of ${away.map(({ name }) => name).join(", ")}`;
    if (quietMs > QUIET_MS) {
      const quiet = `, quiet for ${Math.round(quietMs / 1000)} s`;
      this.#describe(`live${quiet}${lost}${dropped}`, "stale", `live${lost}`);
    } else this.#describe(`live${lost}${dropped}`, "live", `live${lost}`);
  }

  /** Said aloud when it changes; by the second it would be noise. */
  #describe(text: string, state: "live" | "stale" | "lost", aloud = text): void {
    describeSource(text, state);
    if (aloud === this.#told) return;
    this.#told = aloud;
    this.#viewer.announce(aloud);
  }
}

/** A browser is not told that it was refused: what would be the reason stands here. */
function tokenHint(): string {
  const { hostname, search } = location;
  const isHere = /^(?:localhost|127\..*|\[::1\])$/.test(hostname);
  if (isHere || new URLSearchParams(search).has("token")) return "";
  return " From another machine the address needs the token that quorate view printed.";
}

function describeSources(sources: readonly SourceState[]): string {
  if (sources.length === 0) return "The collector is connected; no replica has answered it yet.";
  return sources.map(({ name, state }) => `${name}: ${state.replace("-", " ")}`).join(", ");
}

function describeSource(text: string, state: "file" | "live" | "stale" | "lost"): void {
  part("source").hidden = false;
  part("source-text").textContent = text;
  part("source-dot").dataset["state"] = state;
}
