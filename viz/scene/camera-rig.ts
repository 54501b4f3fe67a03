import { OrthographicCamera, PerspectiveCamera, Vector3 } from "three";
import type { Camera } from "three";
import { POSE_DEFAULT } from "./camera-pose.ts";
import type { CameraPose } from "./camera-pose.ts";
import type { SceneMode } from "./lane-layout.ts";
import { FLAT_HALF_HEIGHT, HALF_LENGTH, RING_RADIUS } from "./lane-layout.ts";

const FIELD_OF_VIEW = 26;
const ELEVATION_MAX = 85;
/** Room for lanes' names, which stand left of the flat scene. */
const MARGIN_PX_LEFT = 152;
/** For the line that says how much is shown, and for the axis. */
const MARGIN_PX_TOP = 48;
const MARGIN_PX_BOTTOM = 40;
const MARGIN_PX_RIGHT = 40;
const EDGE_X = 0.86;
const EDGE_Y = 0.9;
/** Names stand left of the scene. */
const LABEL_SHIFT = 0.06;
const OUTLINE_STEPS = 16;
const OUTLINE_RADIUS = RING_RADIUS * 1.14;

export class CameraRig {
  readonly #perspective = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.1, 500);
  readonly #orthographic = new OrthographicCamera(-1, 1, 1, -1, -100, 100);
  #pose: CameraPose = POSE_DEFAULT;
  #mode: SceneMode = "space";
  #width = 1;
  #height = 1;

  get pose(): CameraPose {
    return this.#pose;
  }

  get camera(): Camera {
    return this.#mode === "space" ? this.#perspective : this.#orthographic;
  }

  set(pose: CameraPose, mode: SceneMode, width: number, height: number): void {
    const elevation = Math.min(ELEVATION_MAX, Math.max(-ELEVATION_MAX, pose.elevation));
    const distance = Math.min(4, Math.max(0.15, pose.distance));
    this.#pose = { azimuth: pose.azimuth, elevation, distance };
    this.#mode = mode;
    this.#width = width;
    this.#height = height;
    if (mode === "space") this.#placePerspective();
    else this.#placeOrthographic();
  }

  /** Where a place of the scene is on the screen, in CSS pixels from its top left. */
  project(x: number, y: number, z: number): { readonly left: number; readonly top: number } {
    SCRATCH.set(x, y, z).project(this.camera);
    return {
      left: ((SCRATCH.x + 1) / 2) * this.#width,
      top: ((1 - SCRATCH.y) / 2) * this.#height,
    };
  }

  #placePerspective(): void {
    const camera = this.#perspective;
    camera.aspect = this.#width / this.#height;
    camera.updateProjectionMatrix();
    const azimuth = (this.#pose.azimuth * Math.PI) / 180;
    const elevation = (this.#pose.elevation * Math.PI) / 180;
    const direction = new Vector3(
      Math.sin(azimuth) * Math.cos(elevation),
      Math.sin(elevation),
      Math.cos(azimuth) * Math.cos(elevation),
    );
    const place = (distance: number): void => {
      camera.position.copy(direction).multiplyScalar(distance);
      camera.up.set(0, 1, 0);
      camera.lookAt(0, 0, 0);
      camera.updateMatrixWorld();
    };
    const fitting = fittingDistance(camera, place);
    place(fitting);
    const { left, right, bottom, top } = outlineOf(camera);
    place(fitting * this.#pose.distance);
    // Seen from the side the near end is larger: the whole is moved to the middle, with room for names.
    const { elements } = camera.projectionMatrix;
    elements[8] = elements[8] + (left + right) / 2 - LABEL_SHIFT;
    elements[9] = elements[9] + (bottom + top) / 2;
    camera.projectionMatrixInverse.copy(camera.projectionMatrix).invert();
  }

  #placeOrthographic(): void {
    const camera = this.#orthographic;
    const perPixel =
      (2 * HALF_LENGTH) / Math.max(1, this.#width - MARGIN_PX_LEFT - MARGIN_PX_RIGHT);
    camera.left = -HALF_LENGTH - MARGIN_PX_LEFT * perPixel;
    camera.right = HALF_LENGTH + MARGIN_PX_RIGHT * perPixel;
    const highPixels = Math.max(1, this.#height - MARGIN_PX_TOP - MARGIN_PX_BOTTOM);
    const perPixelHigh = (2 * FLAT_HALF_HEIGHT) / highPixels;
    camera.top = FLAT_HALF_HEIGHT + MARGIN_PX_TOP * perPixelHigh;
    camera.bottom = -FLAT_HALF_HEIGHT - MARGIN_PX_BOTTOM * perPixelHigh;
    camera.position.set(0, 0, 10);
    camera.lookAt(0, 0, 0);
    camera.updateProjectionMatrix();
    camera.updateMatrixWorld();
  }
}

const SCRATCH = new Vector3();

/** Where the scene's outline lies on the screen, from −1 to 1. */
interface Outline {
  left: number;
  right: number;
  bottom: number;
  top: number;
}

/** The nearest distance from which the whole scene is inside the picture, once it is centred. */
function fittingDistance(camera: PerspectiveCamera, place: (distance: number) => void): number {
  let near = 8;
  let far = 160;
  for (let step = 0; step < 18; step++) {
    const middle = (near + far) / 2;
    place(middle);
    const { left, right, bottom, top } = outlineOf(camera);
    if (right - left < 2 * EDGE_X && top - bottom < 2 * EDGE_Y) far = middle;
    else near = middle;
  }
  return far;
}

function outlineOf(camera: PerspectiveCamera): Outline {
  const outline: Outline = { left: 1e9, right: -1e9, bottom: 1e9, top: -1e9 };
  for (const x of [-HALF_LENGTH - 0.6, HALF_LENGTH + 0.2]) {
    for (let step = 0; step < OUTLINE_STEPS; step++) {
      const angle = (2 * Math.PI * step) / OUTLINE_STEPS;
      SCRATCH.set(x, Math.sin(angle) * OUTLINE_RADIUS, Math.cos(angle) * OUTLINE_RADIUS);
      SCRATCH.project(camera);
      outline.left = Math.min(outline.left, SCRATCH.x);
      outline.right = Math.max(outline.right, SCRATCH.x);
      outline.bottom = Math.min(outline.bottom, SCRATCH.y);
      outline.top = Math.max(outline.top, SCRATCH.y);
    }
  }
  return outline;
}
