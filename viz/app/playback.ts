import type { Viewer } from "./viewer.ts";

/** The page is turned when the playhead comes this near to its end, and goes on this near to its beginning. */
const TURN_AT = 0.92;
const TURN_TO = 0.12;
/** A pause of the page is no jump in the recording. */
const STEP_MS_MAX = 200;

/** Moves the playhead while the view says that it plays. */
export function playBack(viewer: Viewer): void {
  const playback = new Playback(viewer);
  viewer.store.subscribe((state, changed) => {
    if (changed.has("playing") && state.playing) playback.start();
  });
}

class Playback {
  readonly #viewer: Viewer;
  #last: number | undefined;
  #running = false;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
  }

  start(): void {
    const viewer = this.#viewer;
    const { playhead } = viewer.store.state;
    const { bounds, window } = viewer;
    const atEnd = playhead === undefined || playhead >= bounds.to - 1e-6;
    if (atEnd) {
      const from = playhead === undefined ? window.from : bounds.from;
      viewer.store.set({ playhead: from, follow: false });
    }
    this.#last = undefined;
    if (this.#running) return;
    this.#running = true;
    requestAnimationFrame((now) => this.#step(now));
  }

  #step(now: number): void {
    const { store, bounds, window } = this.#viewer;
    if (!store.state.playing) {
      this.#running = false;
      return;
    }
    const elapsed = this.#last === undefined ? 0 : Math.min(STEP_MS_MAX, now - this.#last);
    this.#last = now;
    const before = store.state.playhead ?? bounds.from;
    const playhead = Math.min(bounds.to, before + elapsed * store.state.speed);
    const span = window.to - window.from;
    const leaves = playhead > window.from + span * TURN_AT || playhead < window.from;
    if (leaves && window.to < bounds.to) {
      const from = Math.min(playhead - span * TURN_TO, bounds.to - span);
      store.set({ playhead, window: { from, to: from + span } });
    } else store.set({ playhead });
    if (playhead >= bounds.to) store.set({ playing: false });
    requestAnimationFrame((next) => this.#step(next));
  }
}
