import type { OpenedRecording } from "../feed/recording-reader.ts";
import type { Sample } from "../feed/sample.ts";
import { Recording } from "../model/recording.ts";
import type { Window } from "../model/selection.ts";
import type { Viewer } from "./viewer.ts";

/** Somebody who zooms or pans goes on doing so: the place where that ends is what is asked for. */
const REST_MS = 250;

/**
 * Of a recording that is larger than a page should hold, this gets all events of what is looked at,
 * as soon as that is little enough; the rest stays the sample that it is.
 */
export class CloserLook {
  readonly #viewer: Viewer;
  #opened: OpenedRecording;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;
  #closed = false;

  constructor(viewer: Viewer, opened: OpenedRecording) {
    this.#viewer = viewer;
    this.#opened = opened;
    viewer.store.subscribe((_state, changed) => {
      if (changed.has("window")) this.#plan();
    });
    this.#plan();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => void this.#look(), REST_MS);
  }

  async #look(): Promise<void> {
    const { sample } = this.#opened;
    const span = sample && spanFor(sample, this.#viewer.window);
    // What two runs differ in was looked for in what was there.
    if (span === undefined || this.#viewer.recording?.comparison !== undefined) return;
    if (this.#asking) return;
    this.#asking = true;
    try {
      const opened = await this.#opened.closer(span);
      if (!this.#closed) this.#show(opened);
      // It was moved on meanwhile.
      this.#plan();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!this.#closed) this.#viewer.notify(`No closer look: ${why}`);
    } finally {
      this.#asking = false;
    }
  }

  #show(opened: OpenedRecording): void {
    this.#opened = opened;
    const recording = new Recording(opened.table);
    recording.sample = opened.sample;
    this.#viewer.show(recording, false);
    this.#viewer.announce("All events of this span are loaded");
  }
}

/** With as much on both sides as there is room for; undefined: it is there, or it is too much. */
function spanFor(sample: Sample, window: Window): Window | undefined {
  if (sample.isWhole(window)) return undefined;
  const span = window.to - window.from;
  const wider = { from: window.from - span / 2, to: window.to + span / 2 };
  return [wider, window].find((each) => sample.mayHave(each));
}
