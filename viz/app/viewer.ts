import { eventName } from "../../base/journal/journal-event.ts";
import { kindName } from "../model/kinds.ts";
import { NodeFigures } from "../model/node-figures.ts";
import type { NodeSample } from "../model/node-figures.ts";
import type { Recording } from "../model/recording.ts";
import type { Window } from "../model/selection.ts";
import { EventPanel } from "../panels/event-panel.ts";
import { EventTablePanel } from "../panels/event-table-panel.ts";
import { drawCharts } from "../panels/charts-panel.ts";
import { LaneLabels } from "../panels/lane-labels.ts";
import { drawLegend } from "../panels/legend.ts";
import { formatCount, formatOffset, part, partOf } from "../panels/page.ts";
import { PassingNote } from "../panels/passing-note.ts";
import { TimeStrip } from "../panels/time-strip.ts";
import { ScenePainter } from "../scene/scene-painter.ts";
import type { Painted } from "../scene/scene-painter.ts";
import { AnswerDesk } from "./answers.ts";
import type { Answers } from "./answers.ts";
import { FrameBudget } from "./frame-budget.ts";
import { boundsOf, revealTime } from "./time-travel.ts";
import type { ViewState, ViewStore } from "./view-state.ts";

/** What of the page a change of the view touches. */
const SCENE_FIELDS: readonly (keyof ViewState)[] = [
  "window",
  "axis",
  "mode",
  "selected",
  "cone",
  "query",
  "onlyMatches",
  "detail",
];

/** A live feed is looked at through its last seconds, unless asked otherwise. */
const LIVE_SPAN_MS = 8000;

/** One page: a recording, a view of it, and everything that shows them. Draws only when asked to. */
export class Viewer {
  readonly store: ViewStore;
  readonly painter: ScenePainter;
  readonly #canvas = partOf("canvas", HTMLCanvasElement);
  readonly #stage = part("stage");
  readonly #labels = new LaneLabels(part("labels"));
  readonly #strip = new TimeStrip(partOf("strip-canvas", HTMLCanvasElement));
  readonly #desk = new AnswerDesk();
  readonly #budget: FrameBudget;
  readonly #eventPanel: EventPanel;
  readonly #tablePanel: EventTablePanel;
  readonly #shownListeners: (() => void)[] = [];
  readonly #nodes = new NodeFigures();
  readonly #note = new PassingNote(part("stage"));
  #recording: Recording | undefined;
  #live = false;
  #sceneStale = true;
  #panelStale = true;
  #frameAsked = false;
  #frameAt = 0;
  #frames = 0;
  /** The picture that the page's words are about. */
  #told: Painted | undefined;

  constructor(store: ViewStore) {
    this.store = store;
    this.painter = new ScenePainter(this.#canvas);
    this.#budget = new FrameBudget(this.painter.graphics);
    const select = (row: number): void => this.select(row);
    this.#eventPanel = new EventPanel(part("panel-event"), select);
    this.#tablePanel = new EventTablePanel(select);
    store.subscribe((state, changed) => this.#onChange(state, changed));
    new ResizeObserver(() => this.#resize()).observe(this.#stage);
    this.#applyTheme();
    this.#resize();
  }

  get recording(): Recording | undefined {
    return this.#recording;
  }

  /** The window that is shown, whether or not somebody chose it. */
  get window(): Window {
    const recording = this.#recording;
    if (recording === undefined) return { from: 0, to: 1 };
    const bounds = boundsOf(recording);
    const { window, follow } = this.store.state;
    if (!this.#live) return window ?? bounds;
    if (window !== undefined && !follow) return window;
    const span = window === undefined ? LIVE_SPAN_MS : window.to - window.from;
    // The newest event, not the recording's end with its air, which is as wide as the past is long.
    const to = recording.index.to + span * 0.02;
    return { from: to - span, to };
  }

  get bounds(): Window {
    return this.#recording === undefined ? { from: 0, to: 1 } : boundsOf(this.#recording);
  }

  get answers(): Answers | undefined {
    return this.#recording && this.#desk.of(this.#recording, this.store.state);
  }

  /** Another recording, or the same with more in it. */
  show(recording: Recording, live: boolean): void {
    this.#recording = recording;
    this.#live = live;
    this.#invalidateAll();
    for (const listener of this.#shownListeners) listener();
  }

  /** What nodes of a live cluster said of themselves; shown with the next picture. */
  takeNodes(samples: readonly NodeSample[]): void {
    this.#nodes.take(samples);
    if (this.store.state.panel !== "charts") return;
    this.#panelStale = true;
    this.invalidate();
  }

  /** Called after each {@link show}. */
  onShown(listener: () => void): void {
    this.#shownListeners.push(listener);
  }

  /** Selects an event and brings it into the window. */
  select(row: number | undefined): void {
    const recording = this.#recording;
    if (recording === undefined || row === undefined) return;
    const { table } = recording;
    const time = table.time.at(row);
    const window = revealTime(this.window, time, this.bounds);
    this.store.set({
      selected: eventName(table.idOf(row)),
      playing: false,
      follow: false,
      ...(window === this.window ? {} : { window }),
      ...(this.store.state.playhead === undefined ? {} : { playhead: time }),
    });
    const what = `${kindName(table.kind.at(row))} of ${table.laneName(table.lane.at(row))}`;
    this.announce(`${what}, ${formatOffset(time - recording.index.from)}`);
  }

  announce(text: string): void {
    part("live").textContent = text;
  }

  /** What came of something that a person did, for those who see as well. */
  notify(text: string): void {
    this.announce(text);
    this.#note.show(text);
  }

  /** Draws before the next frame of the screen; however often it is asked, once. */
  invalidate(): void {
    if (this.#frameAsked) return;
    this.#frameAsked = true;
    requestAnimationFrame((now) => this.#draw(now));
  }

  async png(): Promise<Blob> {
    return await this.painter.png(this.#canvas);
  }

  #onChange(state: ViewState, changed: ReadonlySet<keyof ViewState>): void {
    if (SCENE_FIELDS.some((field) => changed.has(field))) {
      this.#sceneStale = true;
      this.#panelStale = true;
    }
    if (changed.has("panel")) this.#panelStale = true;
    if (changed.has("theme")) {
      this.#applyTheme();
      this.#invalidateAll();
    }
    if (changed.has("playing") && state.playing) this.#frameAt = 0;
    this.invalidate();
  }

  #applyTheme(): void {
    const { theme } = this.store.state;
    document.documentElement.dataset["theme"] = theme;
    this.painter.setTheme(theme);
    drawLegend(part("legend-items"), theme);
  }

  #resize(): void {
    this.painter.resize(this.#stage.clientWidth, this.#stage.clientHeight);
    this.#sceneStale = true;
    this.invalidate();
  }

  #invalidateAll(): void {
    this.#sceneStale = true;
    this.#panelStale = true;
    this.invalidate();
  }

  #draw(now: number): void {
    this.#frameAsked = false;
    const recording = this.#recording;
    if (recording === undefined) {
      this.painter.render(this.store.state.pose, "flat", undefined);
      return;
    }
    this.#pace(now);
    const { state } = this.store;
    const answers = this.#desk.of(recording, state);
    if (this.#sceneStale) this.#buildScene(recording, answers);
    this.painter.render(state.pose, state.mode, state.playhead);
    this.#drawOverlay(recording);
    if (this.#panelStale && !state.playing) this.#drawPanel(recording, answers);
    this.#frames++;
    this.#tell(answers);
  }

  /** Only pictures that follow each other say how fast they come. */
  #pace(now: number): void {
    if (this.store.state.playing && this.#frameAt > 0) {
      if (this.#budget.note(now - this.#frameAt)) this.#sceneStale = true;
    }
    this.#frameAt = now;
  }

  #buildScene(recording: Recording, answers: Answers): void {
    const { state } = this.store;
    this.#sceneStale = false;
    this.painter.build({
      recording,
      window: this.window,
      axis: state.axis,
      mode: state.mode,
      budget: this.#budget.at(state.detail),
      filter: state.onlyMatches ? answers.mask : undefined,
      focus: answers.focus,
      path: answers.path,
      selected: answers.selectedRow,
    });
  }

  #drawOverlay(recording: Recording): void {
    const { state } = this.store;
    const picture = this.painter.painted?.picture;
    if (picture === undefined) return;
    const { window, bounds } = this;
    this.#labels.draw({
      recording,
      axis: picture.axis,
      lanes: picture.lanes,
      rig: this.painter.rig,
      theme: state.theme,
      now: state.playhead ?? window.to,
      ...this.painter.size,
    });
    this.#strip.draw({ recording, bounds, window, playhead: state.playhead, theme: state.theme });
  }

  #drawPanel(recording: Recording, answers: Answers): void {
    this.#panelStale = false;
    const { theme, panel, onlyMatches } = this.store.state;
    const { selectedRow, cone, mask } = answers;
    const { window } = this;
    if (panel === "event") {
      this.#eventPanel.draw({ recording, row: selectedRow, cone, theme });
    } else if (panel === "table") {
      const filter = onlyMatches || mask !== undefined ? mask : undefined;
      this.#tablePanel.draw({ recording, window, filter, selected: selectedRow, theme });
    } else {
      const nodes = this.#live ? this.#nodes : undefined;
      drawCharts(part("panel-charts"), { recording, nodes, window, theme });
    }
  }

  /** What the picture shows, in words; the same numbers stand on the stage for those who measure. */
  #tell(answers: Answers): void {
    this.#stage.dataset["frames"] = String(this.#frames);
    const painted = this.painter.painted;
    const recording = this.#recording;
    if (painted === undefined || recording === undefined || painted === this.#told) return;
    this.#told = painted;
    const { selection, ringsDrawn, ringsTotal } = painted;
    const { rows, edges, rowsTotal, edgesTotal, matchesTotal } = selection;
    const shown = Math.min(rows.length, rowsTotal);
    const of = matchesTotal < rowsTotal ? `${formatCount(matchesTotal)} matches of ` : "";
    part("showing").textContent =
      `showing ${formatCount(shown)} of ${of}${formatCount(rowsTotal)} events · ` +
      `${formatCount(edges.length / 2)} of ${formatCount(edgesTotal)} messages · ` +
      `${formatCount(ringsDrawn)} of ${formatCount(ringsTotal)} sequences` +
      sampleText(recording, this.window);
    Object.assign(this.#stage.dataset, {
      events: recording.table.count,
      points: rows.length,
      edges: edges.length / 2,
      rings: ringsDrawn,
      certificates: recording.instances.certifiedCount,
      sample: recording.sample?.isWhole(this.window) === false ? "part" : "whole",
      lanes: recording.table.authors.lanes.length,
      matches: answers.matchCount,
      drawCalls: this.painter.drawCalls,
      software: this.#budget.software,
    });
  }
}

/** A sample says what it is, wherever it is shown. */
function sampleText({ sample }: Recording, window: Window): string {
  if (sample === undefined || sample.isWhole(window)) return "";
  const of = formatCount(sample.eventCount);
  return ` · a sample, one of ${formatCount(sample.oneOf)}, of ${of} events: zoom in for all of them`;
}
