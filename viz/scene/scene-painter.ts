import { makeAxis } from "../model/axis.ts";
import type { AxisName } from "../model/axis.ts";
import type { Recording } from "../model/recording.ts";
import { selectRows } from "../model/selection.ts";
import type { Budget, Selection, Window } from "../model/selection.ts";
import { sceneX } from "./axis-scale.ts";
import { CameraRig } from "./camera-rig.ts";
import type { CameraPose } from "./camera-pose.ts";
import { drawEpochs } from "./draw-epochs.ts";
import { drawEdges, drawLanes, drawPoints } from "./draw-events.ts";
import type { Picture } from "./draw-events.ts";
import { chooseInstances, drawInstances } from "./draw-instances.ts";
import { layOutLanes } from "./lane-layout.ts";
import type { SceneMode } from "./lane-layout.ts";
import { pickRow } from "./pick.ts";
import { NO_PLAYHEAD, Stage } from "./stage.ts";
import type { ThemeName } from "./themes.ts";

export interface SceneRequest {
  readonly recording: Recording;
  readonly window: Window;
  readonly axis: AxisName;
  readonly mode: SceneMode;
  readonly budget: Budget;
  /** Rows to leave out have 0. */
  readonly filter: Uint8Array | undefined;
  readonly focus: ReadonlySet<number> | undefined;
  readonly path: readonly number[];
  readonly selected: number | undefined;
}

/** What the last picture shows, beside its pixels. */
export interface Painted {
  readonly picture: Picture;
  readonly selection: Selection;
  readonly ringsDrawn: number;
  readonly ringsTotal: number;
}

/** From a recording and what is asked of it to a picture on the canvas. */
export class ScenePainter {
  readonly rig: CameraRig = new CameraRig();
  readonly #stage: Stage;
  #painted: Painted | undefined;
  #playhead = NO_PLAYHEAD;
  #width = 1;
  #height = 1;

  /** @throws Error when the browser has no WebGL 2 */
  constructor(canvas: HTMLCanvasElement) {
    this.#stage = new Stage(canvas);
  }

  get graphics(): string {
    return this.#stage.graphics;
  }

  get drawCalls(): number {
    return this.#stage.drawCalls;
  }

  get painted(): Painted | undefined {
    return this.#painted;
  }

  get size(): { readonly width: number; readonly height: number } {
    return { width: this.#width, height: this.#height };
  }

  setTheme(theme: ThemeName): void {
    this.#stage.setTheme(theme);
  }

  resize(width: number, height: number): void {
    this.#width = Math.max(1, width);
    this.#height = Math.max(1, height);
    this.#stage.resize(this.#width, this.#height);
  }

  /** Lays everything out anew; {@link render} shows it. */
  build(request: SceneRequest): void {
    const { recording, window, mode } = request;
    const picture: Picture = {
      recording,
      axis: makeAxis(request.axis, recording, window),
      lanes: layOutLanes(recording, mode),
      selection: selectRows(recording, request),
      focus: request.focus,
      path: request.path,
      selected: request.selected,
    };
    const { bands, lines, points } = this.#stage;
    bands.clear();
    lines.clear();
    points.clear();
    drawLanes(picture, lines);
    drawEpochs(picture, lines);
    drawEdges(picture, lines);
    const rings = chooseInstances(picture, window);
    drawInstances(picture, rings.drawn, { bands, lines, points });
    drawPoints(picture, points);
    this.#stage.upload();
    this.#painted = {
      picture,
      selection: picture.selection,
      ringsDrawn: rings.drawn.length,
      ringsTotal: rings.total,
    };
  }

  /** `playheadRow` is undefined when nothing is hidden. */
  render(pose: CameraPose, mode: SceneMode, playhead: number | undefined): void {
    this.rig.set(pose, mode, this.#width, this.#height);
    this.#playhead = this.#sceneOf(playhead);
    this.#stage.render(this.rig.camera, this.#playhead);
  }

  /** The picture as a file; drawn again, since a shown one may be gone from memory. */
  async png(canvas: HTMLCanvasElement): Promise<Blob> {
    this.#stage.render(this.rig.camera, this.#playhead);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => {
        if (blob === null) reject(new Error("the browser made no picture"));
        else resolve(blob);
      }, "image/png");
    });
  }

  pick(at: { readonly left: number; readonly top: number }): number | undefined {
    return this.#painted === undefined ? undefined : pickRow(this.rig, this.#stage.points, at);
  }

  /** A time's place on the axis; on an axis that is no time, that of the last event before it. */
  #sceneOf(time: number | undefined): number {
    const painted = this.#painted;
    if (time === undefined || painted === undefined) return NO_PLAYHEAD;
    const { axis, recording } = painted.picture;
    if (axis.name === "time" || axis.name === "wall") return sceneX(axis, time);
    const row = recording.index.order[Math.max(0, recording.index.placeAt(time) - 1)];
    return row === undefined ? NO_PLAYHEAD : sceneX(axis, axis.at(row));
  }
}
