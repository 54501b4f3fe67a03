import type { AxisName } from "../model/axis.ts";
import type { Window } from "../model/selection.ts";
import type { CameraPose } from "../scene/camera-pose.ts";
import { POSE_DEFAULT } from "../scene/camera-pose.ts";
import type { SceneMode } from "../scene/lane-layout.ts";
import type { ThemeName } from "../scene/themes.ts";

export const DETAILS = ["auto", "low", "medium", "high"] as const;
export type DetailLevel = (typeof DETAILS)[number];

export const DETAIL_TITLES: Readonly<Record<DetailLevel, string>> = {
  auto: "detail: auto",
  low: "low detail",
  medium: "medium detail",
  high: "high detail",
};

export const PANELS = ["event", "table", "charts"] as const;
export type PanelName = (typeof PANELS)[number];

export const SPEED_MIN = 0.01;
export const SPEED_MAX = 1000;

/** Everything that a person chose. A deep link is exactly this, and the recording's place. */
export interface ViewState {
  /** Undefined: all of the recording. */
  readonly window: Window | undefined;
  readonly axis: AxisName;
  readonly mode: SceneMode;
  readonly pose: CameraPose;
  /** Milliseconds since 1970; undefined: nothing is hidden in the future. */
  readonly playhead: number | undefined;
  readonly playing: boolean;
  /** Of the recording's milliseconds to ours. */
  readonly speed: number;
  /** The window ends where a live feed does. */
  readonly follow: boolean;
  /** An event by its name, which holds when rows move. */
  readonly selected: string | undefined;
  /** Show what led to the selected event, and what it led to. */
  readonly cone: boolean;
  readonly query: string;
  /** Leave out what does not match, instead of dimming it. */
  readonly onlyMatches: boolean;
  readonly theme: ThemeName;
  readonly detail: DetailLevel;
  readonly panel: PanelName;
}

export const VIEW_DEFAULT: ViewState = {
  window: undefined,
  axis: "time",
  mode: "space",
  pose: POSE_DEFAULT,
  playhead: undefined,
  playing: false,
  speed: 1,
  follow: false,
  selected: undefined,
  cone: true,
  query: "",
  onlyMatches: false,
  theme: "dark",
  detail: "auto",
  panel: "event",
};

export type ViewListener = (state: ViewState, changed: ReadonlySet<keyof ViewState>) => void;

/** The one place where choices are kept; everything shown follows from it. */
export class ViewStore {
  #state: ViewState;
  readonly #listeners: ViewListener[] = [];

  constructor(state: ViewState) {
    this.#state = state;
  }

  get state(): ViewState {
    return this.#state;
  }

  subscribe(listener: ViewListener): void {
    this.#listeners.push(listener);
  }

  set(change: Partial<ViewState>): void {
    const names = Object.keys(change) as (keyof ViewState)[];
    const changed = new Set(names.filter((name) => change[name] !== this.#state[name]));
    if (changed.size === 0) return;
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener(this.#state, changed);
  }
}
