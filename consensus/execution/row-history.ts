import type { Sequence } from "../../base/types.ts";
import { keyText } from "../map/key-text.ts";

interface Overwritten {
  /** The execution that overwrote it. */
  readonly at: Sequence;
  /** What stood there before. */
  readonly row: Uint8Array;
}

/**
 * Rows as they were before later executions overwrote or deleted them, for as long as a root is
 * readable. What was not there needs no history: the trie of that version knows it.
 */
export class RowHistory {
  #byKey = new Map<string, Overwritten[]>();
  /** Executions in order, with the keys that each overwrote. */
  #executions: { readonly at: Sequence; readonly keys: readonly string[] }[] = [];

  record(
    at: Sequence,
    rows: Iterable<{ readonly key: Uint8Array; readonly previous: Uint8Array | undefined }>,
  ): void {
    const keys: string[] = [];
    for (const { key, previous } of rows) {
      if (previous === undefined) continue;
      const text = keyText(key);
      keys.push(text);
      const versions = this.#byKey.get(text);
      if (versions === undefined) this.#byKey.set(text, [{ at, row: previous }]);
      else versions.push({ at, row: previous });
    }
    this.#executions.push({ at, keys });
  }

  /**
   * The row as of `sequence`, at which it was there, if it was overwritten since; undefined: it
   * stands as it was.
   */
  overwrittenSince(sequence: Sequence, key: Uint8Array): Overwritten | undefined {
    const versions = this.#byKey.get(keyText(key));
    if (versions === undefined) return undefined;
    // Ascending, and as many as there are executions for rows that each of them changes.
    let [from, to] = [0, versions.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (versions[middle]!.at > sequence) to = middle;
      else from = middle + 1;
    }
    return versions[from];
  }

  /** Rows as of sequences below this one are needed no more. */
  release(below: Sequence): void {
    let count = 0;
    for (const { at, keys } of this.#executions) {
      // What `at` overwrote is needed to read at − 1 and earlier.
      if (at > below) break;
      for (const key of keys) this.#forgetFirst(key);
      count++;
    }
    if (count > 0) this.#executions.splice(0, count);
  }

  #forgetFirst(key: string): void {
    const versions = this.#byKey.get(key);
    if (versions === undefined || versions.length <= 1) this.#byKey.delete(key);
    else versions.shift();
  }
}
