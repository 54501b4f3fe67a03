import type { TableSnapshot } from "../model/event-table.ts";
import type { IntakeReport } from "./recording-intake.ts";

/** Where a recording's bytes are. */
export type ReadFrom =
  | { readonly file: Blob; readonly url?: undefined }
  | { readonly file?: undefined; readonly url: string };

/** Answers bear the question's number. */
export type ToWorker =
  | {
      readonly id: number;
      readonly from: ReadFrom;
      /** A recording with more events is opened as a sample. */
      readonly eventsMax: number;
    }
  /** The sample that was opened under `of`, and all events of a span, in milliseconds since 1970. */
  | { readonly id: number; readonly of: number; readonly fromMs: number; readonly toMs: number };

/** What a page knows of a recording that it holds a sample of. */
export interface SampleOutline {
  /** One of 2^level events is held. */
  readonly level: number;
  /** In the recording. */
  readonly eventCount: number;
  /** So many events may be asked for at once. */
  readonly closerMax: number;
  /** Of each block: events, earliest and latest milliseconds. */
  readonly blocks: Float64Array;
}

export type FromWorker = { readonly id: number } & (
  | {
      readonly type: "progress";
      readonly bytesRead: number;
      /** Undefined when nobody knows. */
      readonly size: number | undefined;
      readonly events: number;
    }
  | {
      readonly type: "done";
      readonly snapshot: TableSnapshot;
      readonly report: IntakeReport;
      /** Undefined: all of it is in the snapshot. */
      readonly sample: SampleOutline | undefined;
    }
  | { readonly type: "failed"; readonly why: string }
);
