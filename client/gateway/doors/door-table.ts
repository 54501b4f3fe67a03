import { ROUTE_COUNT_MAX } from "../limits.ts";
import type { DoorRoute } from "../route.ts";
import type { Door } from "./door.ts";

/** Which door a URL is for, and which entry it names there. */
export interface Place {
  readonly door: Door;
  /** Undefined: none. */
  readonly route: DoorRoute | undefined;
}

/** All doors on one port. Remembers what URLs mean: a hot key costs one look-up, and no hash. */
export class DoorTable {
  readonly doors: readonly Door[];
  readonly #places = new Map<string, Place>();

  /** Asked in this order. */
  constructor(doors: readonly Door[]) {
    this.doors = doors;
  }

  find(url: string): Place | undefined {
    const known = this.#places.get(url);
    if (known !== undefined) return known;
    for (const door of this.doors) {
      const found = door.resolve(url);
      if (found === undefined) continue;
      if (found === "unnamed") return { door, route: undefined };
      const place = { door, route: found };
      // Forgetting everything at once costs a hash for each hot key, and no bookkeeping for each hit.
      if (this.#places.size >= ROUTE_COUNT_MAX) this.#places.clear();
      this.#places.set(url, place);
      return place;
    }
    return undefined;
  }
}

/** A URL without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
