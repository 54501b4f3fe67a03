import { EventTable } from "../model/event-table.ts";
import type { IntakeReport } from "./recording-intake.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

export interface OpenedRecording {
  readonly table: EventTable;
  readonly report: IntakeReport;
}

export interface ReadProgress {
  /** From 0 to 1; undefined when nobody knows how long it is. */
  readonly fraction: number | undefined;
  readonly events: number;
}

/** @throws Error with words for the person who asked for the file */
export async function openRecording(
  from: ToWorker,
  onProgress: (progress: ReadProgress) => void,
): Promise<OpenedRecording> {
  const worker = new Worker(new URL("./read-worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message || "the reader did not start"));
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === "progress") {
          const { bytesRead, size, events } = data;
          onProgress({ fraction: size === undefined ? undefined : bytesRead / size, events });
        } else if (data.type === "failed") reject(new Error(data.why));
        else resolve({ table: EventTable.from(data.snapshot), report: data.report });
      };
      worker.postMessage(from, []);
    });
  } finally {
    worker.terminate();
  }
}
