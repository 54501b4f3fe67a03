import { RecordingIntake } from "./recording-intake.ts";
import type { FromWorker, ReadFrom, ToWorker } from "./worker-messages.ts";

/** Reads a recording beside the page, which stays free for people. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, options?: StructuredSerializeOptions): void;
};

scope.onmessage = ({ data: { id, from } }) => {
  read(id, from).catch((error: unknown) => {
    tell({ id, type: "failed", why: error instanceof Error ? error.message : "unknown" });
  });
};

async function read(id: number, from: ReadFrom): Promise<void> {
  const { stream, size } = await open(from);
  const intake = new RecordingIntake();
  const reader = stream.getReader();
  let bytesRead = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytesRead += value.length;
    intake.push(value);
    tell({ id, type: "progress", bytesRead, size, events: intake.table?.count ?? 0 });
  }
  const table = intake.end();
  table.settle();
  const snapshot = table.snapshot();
  const buffers = snapshot.columns.map(({ buffer }) => buffer);
  tell({ id, type: "done", snapshot, report: intake.report }, buffers);
}

async function open(
  from: ReadFrom,
): Promise<{ stream: ReadableStream<Uint8Array>; size: number | undefined }> {
  if (from.file !== undefined) return { stream: from.file.stream(), size: from.file.size };
  const response = await fetch(from.url);
  if (!response.ok || response.body === null) {
    throw new Error(`the server answered ${response.status} for ${from.url}`);
  }
  const size = Number(response.headers.get("content-length") ?? Number.NaN);
  return { stream: response.body, size: Number.isNaN(size) ? undefined : size };
}

function tell(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  scope.postMessage(message, { transfer });
}
