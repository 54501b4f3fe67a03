/** Where two byte strings differ: [from, to) in each; one side may be empty. */
export interface Region {
  readonly left: readonly [from: number, to: number];
  readonly right: readonly [from: number, to: number];
}

/** Regions that are told one by one; what lies behind them is one region more. */
export const REGION_COUNT_MAX = 512;

/** Differences with fewer equal bytes between them are one: two halves of a number, say. */
const GAP_SIZE = 4;

/** Equal bytes that make an anchor where lengths differ. */
const ANCHOR_SIZE = 16;

export function differingRegions(left: Uint8Array, right: Uint8Array): readonly Region[] {
  return left.length === right.length ? runs(left, right) : aligned(left, right);
}

/** Byte by byte. */
function runs(left: Uint8Array, right: Uint8Array): Region[] {
  const found: Region[] = [];
  for (let at = 0; at < left.length; at++) {
    if (left[at] === right[at]) continue;
    let end = at + 1;
    for (let look = end; look < left.length && look < end + GAP_SIZE; look++) {
      if (left[look] !== right[look]) end = look + 1;
    }
    if (found.length === REGION_COUNT_MAX) {
      found.push({ left: [at, left.length], right: [at, right.length] });
      return found;
    }
    found.push({ left: [at, end], right: [at, end] });
    at = end;
  }
  return found;
}

/**
 * By anchors that both have, in the same order in both: each is found by its bytes and made as long
 * as it can be; what lies between two is a difference.
 */
function aligned(left: Uint8Array, right: Uint8Array): Region[] {
  const [start, end] = commonEnds(left, right);
  const leftText = latin1(left);
  const rightText = latin1(right);
  const places = anchorPlaces(leftText, start, left.length - end);
  const found: Region[] = [];
  let [doneLeft, doneRight] = [start, start];
  const stopRight = right.length - end;
  for (let at = start; at + ANCHOR_SIZE <= stopRight && found.length < REGION_COUNT_MAX;) {
    const place = places.get(rightText.slice(at, at + ANCHOR_SIZE));
    if (place === undefined || place < doneLeft) {
      at++;
      continue;
    }
    let [fromLeft, fromRight] = [place, at];
    while (fromLeft > doneLeft && fromRight > doneRight) {
      if (left[fromLeft - 1] !== right[fromRight - 1]) break;
      fromLeft--;
      fromRight--;
    }
    let size = at - fromRight + ANCHOR_SIZE;
    while (fromLeft + size < left.length - end && fromRight + size < stopRight) {
      if (left[fromLeft + size] !== right[fromRight + size]) break;
      size++;
    }
    addRegion(found, [doneLeft, fromLeft], [doneRight, fromRight]);
    [doneLeft, doneRight] = [fromLeft + size, fromRight + size];
    at = doneRight;
  }
  addRegion(found, [doneLeft, left.length - end], [doneRight, stopRight]);
  return found;
}

function addRegion(found: Region[], left: Region["left"], right: Region["right"]): void {
  if (left[0] < left[1] || right[0] < right[1]) found.push({ left, right });
}

/** Sizes of the equal beginning and of the equal end behind it. */
function commonEnds(left: Uint8Array, right: Uint8Array): readonly [number, number] {
  const shorter = Math.min(left.length, right.length);
  let start = 0;
  while (start < shorter && left[start] === right[start]) start++;
  let end = 0;
  while (end < shorter - start) {
    if (left[left.length - 1 - end] !== right[right.length - 1 - end]) break;
    end++;
  }
  return [start, end];
}

/** The last place of each; every fourth offset, so that an anchor of 20 equal bytes is found. */
function anchorPlaces(text: string, from: number, to: number): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (let at = from; at + ANCHOR_SIZE <= to; at += 4) {
    const anchor = text.slice(at, at + ANCHOR_SIZE);
    // Padding is everywhere, and anchors nothing.
    if (!places.has(anchor) && anchor !== anchor[0]!.repeat(ANCHOR_SIZE)) places.set(anchor, at);
  }
  return places;
}

/** One character for each byte. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  const STEP = 8192;
  for (let at = 0; at < bytes.length; at += STEP) {
    text += String.fromCharCode(...bytes.subarray(at, at + STEP));
  }
  return text;
}
