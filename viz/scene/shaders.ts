import { TONES } from "./themes.ts";

/** Alpha of what lies behind the playhead: there, but clearly not yet. */
const FUTURE_ALPHA = "0.07";

const TONE_DECLARATION = `uniform vec3 tones[${TONES.length}];
uniform float playhead;`;

export const POINT_VERTEX = `
attribute vec4 look; // tone, shape, size in pixels, strength
${TONE_DECLARATION}
uniform float pixelRatio;
varying vec3 vColour;
varying float vShape;
varying float vAlpha;
varying float vSize;
void main() {
  vColour = tones[int(look.x + 0.5)];
  vShape = look.y;
  vAlpha = look.w * (position.x > playhead ? ${FUTURE_ALPHA} : 1.0);
  // What happens at the playhead swells: the eye finds "now" by it.
  float now = playhead < 1e6 ? smoothstep(0.35, 0.0, abs(position.x - playhead)) : 0.0;
  vSize = look.z * pixelRatio * (1.0 + 0.7 * now);
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  gl_PointSize = vSize;
}`;

/** Each shape is a signed distance in a square from -1 to 1; negative is inside. */
export const POINT_FRAGMENT = `
precision highp float;
varying vec3 vColour;
varying float vShape;
varying float vAlpha;
varying float vSize;
float box(vec2 p, vec2 b) { vec2 d = abs(p) - b; return max(d.x, d.y); }
float cross2(vec2 p) { return min(box(p, vec2(0.85, 0.26)), box(p, vec2(0.26, 0.85))); }
float triangle(vec2 p) { return max(abs(p.x) * 0.87 + p.y * 0.5, -p.y - 0.25) - 0.42; }
float star(vec2 p) {
  float a = atan(p.x, p.y);
  float s = 0.62 + 0.30 * cos(a * 5.0);
  return length(p) - s;
}
float hexagon(vec2 p) { p = abs(p); return max(p.x * 0.87 + p.y * 0.5, p.y) - 0.72; }
void main() {
  vec2 p = gl_PointCoord * 2.0 - 1.0;
  p.y = -p.y;
  float d;
  int shape = int(vShape + 0.5);
  if (shape == 0) d = length(p) - 0.55;
  else if (shape == 1) d = abs(length(p) - 0.62) - 0.2;
  else if (shape == 2) d = box(p, vec2(0.66));
  else if (shape == 3) d = (abs(p.x) + abs(p.y)) - 0.9;
  else if (shape == 4) d = triangle(p);
  else if (shape == 5) d = triangle(-p);
  else if (shape == 6) d = cross2(vec2(p.x + p.y, p.x - p.y) * 0.7071);
  else if (shape == 7) d = cross2(p);
  else if (shape == 8) d = star(p);
  else d = hexagon(p);
  float edge = 2.0 / max(vSize, 1.0);
  float alpha = vAlpha * (1.0 - smoothstep(-edge * 0.5, edge * 0.5, d));
  if (alpha < 0.02) discard;
  gl_FragColor = vec4(vColour, alpha);
}`;

/** Lines and bands. Cut at the playhead, so that a message grows from its sender while it plays. */
export const LINE_VERTEX = `
attribute vec2 paint; // tone, alpha
${TONE_DECLARATION}
varying vec4 vPaint;
varying float vX;
void main() {
  vPaint = vec4(tones[int(paint.x + 0.5)], paint.y);
  vX = position.x;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;

export const LINE_FRAGMENT = `
precision highp float;
uniform float playhead;
varying vec4 vPaint;
varying float vX;
void main() {
  float alpha = vPaint.a * (vX > playhead ? ${FUTURE_ALPHA} : 1.0);
  float head = playhead < 1e6 ? smoothstep(0.3, 0.0, playhead - vX) * step(vX, playhead) : 0.0;
  gl_FragColor = vec4(vPaint.rgb, min(1.0, alpha * (1.0 + 3.0 * head)));
}`;
