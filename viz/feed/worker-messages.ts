import type { TableSnapshot } from "../model/event-table.ts";
import type { IntakeReport } from "./recording-intake.ts";

/** Where a recording's bytes are. */
export type ReadFrom =
  | { readonly file: Blob; readonly url?: undefined }
  | { readonly file?: undefined; readonly url: string };

/** Answers bear the question's number. */
export interface ToWorker {
  readonly id: number;
  readonly from: ReadFrom;
}

export type FromWorker = { readonly id: number } & (
  | {
      readonly type: "progress";
      readonly bytesRead: number;
      /** Undefined when the server does not say. */
      readonly size: number | undefined;
      readonly events: number;
    }
  | { readonly type: "done"; readonly snapshot: TableSnapshot; readonly report: IntakeReport }
  | { readonly type: "failed"; readonly why: string }
);
