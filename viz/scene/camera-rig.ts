import { OrthographicCamera, PerspectiveCamera, Vector3 } from "three";
import type { Camera } from "three";
import type { SceneMode } from "./lane-layout.ts";
import { HALF_LENGTH, RING_RADIUS } from "./lane-layout.ts";

/** From where the scene is seen. Angles in degrees; `distance` 1 shows all of it. */
export interface CameraPose {
  readonly azimuth: number;
  readonly elevation: number;
  readonly distance: number;
}

export const POSE_DEFAULT: CameraPose = { azimuth: -32, elevation: 20, distance: 1 };

const FIELD_OF_VIEW = 26;
const ELEVATION_MAX = 85;
/** Room for lanes' names on the left and for what stands out of the ring. */
const FLAT_HALF_HEIGHT = 4.9;
const MARGIN_PX_LEFT = 128;
const MARGIN_PX_RIGHT = 40;
const EDGE = 0.93;

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
    place(fittingDistance(camera, place) * this.#pose.distance);
  }

  #placeOrthographic(): void {
    const camera = this.#orthographic;
    const perPixel =
      (2 * HALF_LENGTH) / Math.max(1, this.#width - MARGIN_PX_LEFT - MARGIN_PX_RIGHT);
    camera.left = -HALF_LENGTH - MARGIN_PX_LEFT * perPixel;
    camera.right = HALF_LENGTH + MARGIN_PX_RIGHT * perPixel;
    camera.top = FLAT_HALF_HEIGHT;
    camera.bottom = -FLAT_HALF_HEIGHT;
    camera.position.set(0, 0, 10);
    camera.lookAt(0, 0, 0);
    camera.updateProjectionMatrix();
    camera.updateMatrixWorld();
  }
}

const SCRATCH = new Vector3();

/** The nearest distance from which the whole scene is inside the picture. */
function fittingDistance(camera: PerspectiveCamera, place: (distance: number) => void): number {
  let near = 8;
  let far = 160;
  for (let step = 0; step < 18; step++) {
    const middle = (near + far) / 2;
    place(middle);
    if (cornersInside(camera)) far = middle;
    else near = middle;
  }
  return far;
}

function cornersInside(camera: PerspectiveCamera): boolean {
  const radius = RING_RADIUS * 1.12;
  for (const x of [-HALF_LENGTH - 1.2, HALF_LENGTH + 0.3]) {
    for (const y of [-radius, radius]) {
      for (const z of [-radius, radius]) {
        SCRATCH.set(x, y, z).project(camera);
        if (Math.abs(SCRATCH.x) > EDGE || Math.abs(SCRATCH.y) > EDGE) return false;
      }
    }
  }
  return true;
}
