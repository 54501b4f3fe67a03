/** From where the scene is seen. Angles in degrees; `distance` 1 shows all of it. */
export interface CameraPose {
  readonly azimuth: number;
  readonly elevation: number;
  readonly distance: number;
}

export const POSE_DEFAULT: CameraPose = { azimuth: -26, elevation: 17, distance: 1 };
