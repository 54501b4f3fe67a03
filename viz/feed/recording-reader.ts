import { EventTable } from "../model/event-table.ts";
import type { Window } from "../model/selection.ts";
import type { IntakeReport } from "./recording-intake.ts";
import { Sample } from "./sample.ts";
import type { FromWorker, ReadFrom, ToWorker } from "./worker-messages.ts";

export interface OpenedRecording {
  readonly table: EventTable;
  readonly report: IntakeReport;
  /** Undefined: the table holds all of it. */
  readonly sample: Sample | undefined;
  /** All events of a span as well; only of a sample, and only until another two were opened. */
  closer(window: Window): Promise<OpenedRecording>;
}

/** A page that holds more is slow on ordinary machines; `&events=` in its address says otherwise. */
export const EVENTS_MAX_DEFAULT = 2_000_000;

export interface ReadProgress {
  /** From 0 to 1; undefined when nobody knows how long it is. */
  readonly fraction: number | undefined;
  readonly events: number;
}

interface Reading {
  readonly take: (message: FromWorker) => void;
  readonly fail: (why: Error) => void;
}

/**
 * Reads recordings beside the page. One worker for as long as the page is open: started with it, so
 * that a file opens when the server that the page came from has long been gone.
 */
export class RecordingReader {
  readonly #readings = new Map<number, Reading>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor() {
    this.#worker = this.#start();
  }

  /** @throws Error with words for the person who asked for the file */
  async open(
    from: ReadFrom,
    eventsMax: number,
    onProgress: (progress: ReadProgress) => void,
  ): Promise<OpenedRecording> {
    const id = ++this.#lastId;
    return await this.#ask({ id, from, eventsMax }, onProgress, { of: id, whole: undefined });
  }

  async #ask(
    question: ToWorker,
    onProgress: (progress: ReadProgress) => void,
    about: { readonly of: number; readonly whole: Window | undefined },
  ): Promise<OpenedRecording> {
    const { id } = question;
    const { of, whole } = about;
    const closer = (window: Window): Promise<OpenedRecording> => {
      const [fromMs, toMs] = [Math.floor(window.from), Math.ceil(window.to)];
      const next = { id: ++this.#lastId, of, fromMs, toMs };
      return this.#ask(next, () => undefined, { of, whole: { from: fromMs, to: toMs } });
    };
    try {
      return await new Promise((resolve, reject) => {
        this.#readings.set(id, { take: (message) => take(message), fail: reject });
        const take = (message: FromWorker): void => {
          if (message.type === "progress") {
            const { bytesRead, size, events } = message;
            onProgress({ fraction: size === undefined ? undefined : bytesRead / size, events });
          } else if (message.type === "failed") reject(new Error(message.why));
          else {
            const { report, sample } = message;
            const table = EventTable.from(message.snapshot);
            resolve({ table, report, sample: sample && new Sample(sample, whole), closer });
          }
        };
        this.#worker ??= this.#start();
        this.#worker.postMessage(question, []);
      });
    } finally {
      this.#readings.delete(id);
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL("./read-worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) =>
      this.#readings.get(data.id)?.take(data);
    worker.onerror = (event) => {
      // It may have died of one file's size: the next one is read by another.
      worker.terminate();
      this.#worker = undefined;
      const why = new Error(event.message || "the reader did not start");
      for (const { fail } of this.#readings.values()) fail(why);
    };
    return worker;
  }
}
