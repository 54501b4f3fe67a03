import { RecordingIntake } from "./recording-intake.ts";
import { byteSource } from "./byte-source.ts";
import type { ByteSource } from "./byte-source.ts";
import { SampledRecording } from "./sampled-recording.ts";
import type { FromWorker, SampleOutline, ToWorker } from "./worker-messages.ts";

/** Reads a recording beside the page, which stays free for people. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, options?: StructuredSerializeOptions): void;
};

/** Samples that somebody may look closer at: the shown one, and one beside it. */
const SAMPLES_MAX = 2;
const samples = new Map<number, SampledRecording>();

scope.onmessage = ({ data }) => {
  const answer = "of" in data ? lookCloser(data) : read(data);
  answer.catch((error: unknown) => {
    const why = error instanceof Error ? error.message : "unknown";
    tell({ id: data.id, type: "failed", why });
  });
};

type Reading = Extract<ToWorker, { readonly from: unknown }>;

async function read({ id, from, eventsMax }: Reading): Promise<void> {
  const source = byteSource(from);
  const sampled = await SampledRecording.of(source, eventsMax);
  if (sampled === undefined) {
    done(id, await readWhole(id, source));
    return;
  }
  const intake = await sampled.read((events) =>
    tell({ id, type: "progress", bytesRead: 0, size: undefined, events }),
  );
  samples.set(id, sampled);
  const [oldest] = samples.keys();
  if (samples.size > SAMPLES_MAX && oldest !== undefined) samples.delete(oldest);
  done(id, intake, sampled.outline);
}

async function lookCloser(asked: Extract<ToWorker, { readonly of: number }>): Promise<void> {
  const sampled = samples.get(asked.of);
  if (sampled === undefined) throw new Error("another recording was opened");
  done(asked.id, await sampled.closer(asked.fromMs, asked.toMs), sampled.outline);
}

async function readWhole(id: number, source: ByteSource): Promise<RecordingIntake> {
  const { stream, size } = await source.whole();
  const intake = new RecordingIntake();
  const reader = stream.getReader();
  let bytesRead = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return intake;
    bytesRead += value.length;
    intake.push(value);
    tell({ id, type: "progress", bytesRead, size, events: intake.table?.count ?? 0 });
  }
}

function done(id: number, intake: RecordingIntake, sample?: SampleOutline): void {
  const table = intake.end();
  table.settle();
  const snapshot = table.snapshot();
  const buffers = snapshot.columns.map(({ buffer }) => buffer);
  tell({ id, type: "done", snapshot, report: intake.report, sample }, buffers);
}

function tell(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  scope.postMessage(message, { transfer });
}
