import {
  BufferAttribute,
  BufferGeometry,
  Color,
  DoubleSide,
  LineSegments,
  Mesh,
  NormalBlending,
  Points,
  Scene,
  ShaderMaterial,
  Vector3,
  WebGLRenderer,
} from "three";
import type { Camera, Object3D } from "three";
import { PaintedBuffer, PointBuffer } from "./geometry-buffer.ts";
import type { GeometryBuffer } from "./geometry-buffer.ts";
import { LINE_FRAGMENT, LINE_VERTEX, POINT_FRAGMENT, POINT_VERTEX } from "./shaders.ts";
import { rgb, THEMES, TONES } from "./themes.ts";
import type { ThemeName } from "./themes.ts";

/** Larger than any place on the axis: nothing lies behind it. */
export const NO_PLAYHEAD = 1e9;

/** Sharper screens than this only cost time. */
const PIXEL_RATIO_MAX = 2;

/** Three draws: bands, lines, marks. Knows geometry and colours, nothing of events. */
export class Stage {
  readonly bands: PaintedBuffer = new PaintedBuffer();
  readonly lines: PaintedBuffer = new PaintedBuffer();
  readonly points: PointBuffer = new PointBuffer();
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #uniforms = {
    tones: { value: TONES.map(() => new Vector3()) },
    playhead: { value: NO_PLAYHEAD },
    pixelRatio: { value: 1 },
  };
  readonly #bandObject: Mesh;
  readonly #lineObject: LineSegments;
  readonly #pointObject: Points;

  /** @throws Error when the browser has no WebGL 2 */
  constructor(canvas: HTMLCanvasElement) {
    this.#renderer = new WebGLRenderer({ canvas, antialias: false, alpha: false });
    this.#renderer.setPixelRatio(Math.min(PIXEL_RATIO_MAX, globalThis.devicePixelRatio));
    this.#uniforms.pixelRatio.value = this.#renderer.getPixelRatio();
    const paint = this.#material(LINE_VERTEX, LINE_FRAGMENT);
    this.#bandObject = new Mesh(new BufferGeometry(), paint);
    this.#lineObject = new LineSegments(new BufferGeometry(), paint);
    this.#pointObject = new Points(
      new BufferGeometry(),
      this.#material(POINT_VERTEX, POINT_FRAGMENT),
    );
    const objects: Object3D[] = [this.#bandObject, this.#lineObject, this.#pointObject];
    for (const [order, object] of objects.entries()) {
      object.frustumCulled = false;
      object.renderOrder = order;
      this.#scene.add(object);
    }
  }

  /** Of the last picture. */
  get drawCalls(): number {
    return this.#renderer.info.render.calls;
  }

  /** What the browser says draws the pictures: software is told by its name. */
  get graphics(): string {
    const context = this.#renderer.getContext();
    const info = context.getExtension("WEBGL_debug_renderer_info");
    const name: unknown = info === null ? "" : context.getParameter(info.UNMASKED_RENDERER_WEBGL);
    return typeof name === "string" ? name : "";
  }

  setTheme(name: ThemeName): void {
    const { tones, background } = THEMES[name];
    for (const [at, tone] of TONES.entries()) {
      this.#uniforms.tones.value[at]?.set(...rgb(tones[tone]));
    }
    // Colours are meant as they are written: nothing is converted on the way to the screen.
    const [red, green, blue] = rgb(background);
    this.#renderer.setClearColor(new Color().setRGB(red, green, blue, "srgb"), 1);
  }

  resize(width: number, height: number): void {
    this.#renderer.setSize(width, height, false);
  }

  /** The buffers were written: they go to the graphics card. */
  upload(): void {
    setAttributes(this.#bandObject.geometry, this.bands.positions, this.bands.paints, "paint", 2);
    setAttributes(this.#lineObject.geometry, this.lines.positions, this.lines.paints, "paint", 2);
    setAttributes(this.#pointObject.geometry, this.points.positions, this.points.looks, "look", 4);
  }

  /** `playhead` in scene units along the axis. */
  render(camera: Camera, playhead: number): void {
    this.#uniforms.playhead.value = playhead;
    this.#renderer.render(this.#scene, camera);
  }

  /** Waits until the last picture is drawn; for figures, never for people. */
  finish(): void {
    const context = this.#renderer.getContext();
    context.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, new Uint8Array(4));
  }

  #material(vertexShader: string, fragmentShader: string): ShaderMaterial {
    return new ShaderMaterial({
      vertexShader,
      fragmentShader,
      uniforms: this.#uniforms,
      transparent: true,
      blending: NormalBlending,
      depthTest: false,
      depthWrite: false,
      side: DoubleSide,
    });
  }
}

/** Grows an attribute when it must, and else writes into the one that is there. */
function setAttributes(
  geometry: BufferGeometry,
  positions: GeometryBuffer,
  second: GeometryBuffer,
  name: string,
  width: number,
): void {
  setAttribute(geometry, "position", positions, 3);
  setAttribute(geometry, name, second, width);
  geometry.setDrawRange(0, positions.length / 3);
}

function setAttribute(
  geometry: BufferGeometry,
  name: string,
  buffer: GeometryBuffer,
  width: number,
): void {
  const known = geometry.getAttribute(name) as BufferAttribute | undefined;
  if (known === undefined || known.array.length < buffer.length) {
    const capacity = Math.max(1024 * width, 2 ** Math.ceil(Math.log2(buffer.length + 1)) * width);
    const attribute = new BufferAttribute(new Float32Array(capacity), width);
    attribute.setUsage(DYNAMIC_DRAW);
    geometry.setAttribute(name, attribute);
  }
  const attribute = geometry.getAttribute(name) as BufferAttribute;
  attribute.array.set(buffer.data.subarray(0, buffer.length));
  attribute.clearUpdateRanges();
  attribute.addUpdateRange(0, buffer.length);
  attribute.needsUpdate = true;
}

/** WebGL's own number. */
const DYNAMIC_DRAW = 0x88e8;
