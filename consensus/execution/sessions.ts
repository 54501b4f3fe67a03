import { hlcAddMs, hlcMax } from "../../base/hlc.ts";
import { invariant } from "../../base/assert.ts";
import type { Hlc, PublicKey } from "../../base/types.ts";
import {
  NOT_AFTER_MS_MAX,
  SESSIONS_PER_WRITER_MAX,
  SESSION_OUTCOMES_MAX,
  SESSION_WINDOW,
} from "../limits.ts";
import { keyText } from "../map/key-text.ts";
import type { HashFunction } from "../map/node-hash.ts";
import { sessionStateKey, writerSessionsStateKey } from "../map/state-keys.ts";
import { sessionRowCodec, writerSessionsRowCodec } from "../wire/rows.ts";
import type { SessionCounter, SessionRow } from "../wire/rows.ts";
import type { WriteSetHeader } from "../wire/write-set.ts";
import * as outcomes from "./outcomes.ts";
import type { WorkingRows } from "./working-rows.ts";

/** Decoded sessions kept at hand; one that is not is decoded from its row again. */
const CACHE_COUNT_MAX = 4096;

/**
 * Exactly once, in bounded memory. Each (writer, session) remembers the counters that it executed
 * above a low mark, with their results; at or below the mark all are refused for ever. The mark
 * follows what the writer says it has its answers of, and rises by itself when there are too many.
 * A session leaves only when the latest end of its write sets has passed, for then agreed time refuses them.
 */
export class Sessions {
  #rows: WorkingRows;
  #hash: HashFunction;
  #cache = new Map<string, SessionRow>();
  /** Changed in this execution; encoded once, by `flush`. */
  #changed = new Map<string, { readonly key: Uint8Array; readonly row: SessionRow }>();

  constructor(rows: WorkingRows, hash: HashFunction) {
    this.#rows = rows;
    this.#hash = hash;
  }

  /** 0: the header may be executed at this time; else why not, now or ever. */
  refusalOf(header: WriteSetHeader, time: Hlc): number {
    if (time > header.notAfter) return outcomes.REFUSAL_EXPIRED;
    if (header.notAfter > hlcAddMs(time, NOT_AFTER_MS_MAX)) {
      return outcomes.REFUSAL_NOT_AFTER_TOO_FAR;
    }
    return this.#counterRefusal(header);
  }

  standingOf(header: WriteSetHeader, time: Hlc): "open" | "executed" | "closed" {
    const refusal = this.#counterRefusal(header);
    if (refusal === outcomes.REFUSAL_ALREADY_EXECUTED) return "executed";
    return refusal !== 0 || time > header.notAfter ? "closed" : "open";
  }

  /** Makes room for a new session of the writer. False: all that it has are alive. */
  open(header: WriteSetHeader, time: Hlc): boolean {
    if (this.#find(header) !== undefined) return true;
    const key = writerSessionsStateKey(header.writer);
    const bytes = this.#rows.get(key);
    let sessions = bytes === undefined ? [] : writerSessionsRowCodec.decode(bytes).sessions;
    if (sessions.length >= SESSIONS_PER_WRITER_MAX) {
      sessions = sessions.filter((session) => !this.#leave(header.writer, session, time));
      if (sessions.length >= SESSIONS_PER_WRITER_MAX) return false;
    }
    sessions = [...sessions, header.session];
    this.#rows.set(key, writerSessionsRowCodec.encode({ writer: header.writer, sessions }));
    const { writer, session, notAfter } = header;
    this.#change({ writer, session, low: 0, executed: [], notAfter });
    return true;
  }

  /** Of a key that writes no more: what nothing can be executed for again. */
  dropEnded(writer: PublicKey, time: Hlc): void {
    const key = writerSessionsStateKey(writer);
    const bytes = this.#rows.get(key);
    if (bytes === undefined) return;
    const all = writerSessionsRowCodec.decode(bytes).sessions;
    const sessions = all.filter((session) => !this.#leave(writer, session, time));
    const isEmpty = sessions.length === 0;
    this.#rows.set(key, isEmpty ? undefined : writerSessionsRowCodec.encode({ writer, sessions }));
  }

  /** Remembers a result of an opened session; the oldest go when there are too many. */
  record(header: WriteSetHeader, result: SessionCounter): void {
    const row = this.#find(header);
    invariant(row !== undefined, "a result belongs to an opened session");
    let low = Math.max(row.low, header.settled);
    const executed = row.executed.filter(({ counter }) => counter > low);
    executed.push(result);
    executed.sort((left, right) => left.counter - right.counter);
    let outcomeCount = executed.reduce((count, each) => count + each.outcomes.length, 0);
    while (executed.length > SESSION_WINDOW || outcomeCount > SESSION_OUTCOMES_MAX) {
      const oldest = executed.shift()!;
      low = oldest.counter;
      outcomeCount -= oldest.outcomes.length;
    }
    this.#change({ ...row, low, executed, notAfter: hlcMax(row.notAfter, header.notAfter) });
  }

  /** Encodes what changed. */
  flush(): void {
    for (const [text, { key, row }] of this.#changed) {
      this.#rows.set(key, sessionRowCodec.encode(row));
      this.#remember(text, row);
    }
    this.#changed.clear();
  }

  /** After the rows were replaced under it. */
  clear(): void {
    this.#cache.clear();
    this.#changed.clear();
  }

  #counterRefusal(header: WriteSetHeader): number {
    const row = this.#find(header);
    // Counters are from 1: 0 is below every window.
    if (header.counter <= (row?.low ?? 0)) return outcomes.REFUSAL_BELOW_WINDOW;
    const executed = row?.executed.some(({ counter }) => counter === header.counter) === true;
    return executed ? outcomes.REFUSAL_ALREADY_EXECUTED : 0;
  }

  #find(header: {
    readonly writer: PublicKey;
    readonly session: Uint8Array;
  }): SessionRow | undefined {
    const text = sessionText(header.writer, header.session);
    const known = this.#changed.get(text)?.row ?? this.#cache.get(text);
    if (known !== undefined) return known;
    const bytes = this.#rows.get(sessionStateKey(this.#hash, header.writer, header.session));
    if (bytes === undefined) return undefined;
    const row = sessionRowCodec.decode(bytes);
    this.#remember(text, row);
    return row;
  }

  #leave(writer: PublicKey, session: Uint8Array, time: Hlc): boolean {
    const row = this.#find({ writer, session });
    invariant(row !== undefined, "a listed session has its row");
    if (time <= row.notAfter) return false;
    const text = sessionText(writer, session);
    this.#cache.delete(text);
    this.#changed.delete(text);
    this.#rows.set(sessionStateKey(this.#hash, writer, session), undefined);
    return true;
  }

  #change(row: SessionRow): void {
    const text = sessionText(row.writer, row.session);
    const key =
      this.#changed.get(text)?.key ?? sessionStateKey(this.#hash, row.writer, row.session);
    this.#changed.set(text, { key, row });
  }

  #remember(text: string, row: SessionRow): void {
    this.#cache.delete(text);
    this.#cache.set(text, row);
    if (this.#cache.size <= CACHE_COUNT_MAX) return;
    const oldest = this.#cache.keys().next();
    if (oldest.done !== true) this.#cache.delete(oldest.value);
  }
}

function sessionText(writer: PublicKey, session: Uint8Array): string {
  return keyText(writer) + keyText(session);
}
