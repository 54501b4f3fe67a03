import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatedRecording } from "../../base/journal/testing/generated-tape.ts";
import type { TapeOptions } from "../../base/journal/testing/generated-tape.ts";
import { StaticSite } from "../../cluster/viewer/static-site.ts";
import { ViewerServer } from "../../cluster/viewer/viewer-server.ts";

export interface ServedTape {
  readonly url: string;
  close(): Promise<void>;
}

/** A recording made from a seed, and the viewer that `quorate view` would serve it with. */
export async function serveTape(options: TapeOptions): Promise<ServedTape> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-viewer-"));
  const file = join(folder, "tape.qjournal");
  writeFileSync(file, Buffer.concat([...generatedRecording(options)]));
  const served = await serveFile(file);
  return {
    url: served.url,
    close: async () => {
      await served.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function serveFile(file: string): Promise<ServedTape> {
  const server = new ViewerServer(
    { host: "127.0.0.1", port: 0, file },
    new StaticSite(),
    undefined,
  );
  return { url: await server.listen(), close: () => server.close() };
}
