import type { TableSnapshot } from "../model/event-table.ts";
import type { IntakeReport } from "./recording-intake.ts";

export type ToWorker =
  | { readonly file: Blob; readonly url?: undefined }
  | { readonly file?: undefined; readonly url: string };

export type FromWorker =
  | {
      readonly type: "progress";
      readonly bytesRead: number;
      /** Undefined when the server does not say. */
      readonly size: number | undefined;
      readonly events: number;
    }
  | { readonly type: "done"; readonly snapshot: TableSnapshot; readonly report: IntakeReport }
  | { readonly type: "failed"; readonly why: string };
