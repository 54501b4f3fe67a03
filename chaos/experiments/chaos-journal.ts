import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { concatBytes } from "../../base/bytes.ts";
import { EventScribe } from "../../base/journal/event-scribe.ts";
import type { JournalSink } from "../../base/journal/event-scribe.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import { encodeRecordingHeader } from "../../base/journal/recording-format.ts";
import type { ChaosCluster } from "../cluster/chaos-cluster.ts";

/** As far as the harness' clock and a replica's may be apart. */
const AHEAD_MS_MAX = 500;

/** What the world did to a cluster, in the journal's format; its replicas' own journals lie beside it. */
export class ChaosJournal implements JournalSink {
  readonly #writer = new JournalWriter();
  readonly #parts: Uint8Array[];
  readonly #scribe: EventScribe;

  constructor(cluster: ChaosCluster, title: string, seed: number) {
    this.#parts = [
      encodeRecordingHeader({
        origin: "chaos",
        title,
        memberCount: cluster.replicaCount,
        faultyMax: cluster.committee.faultyMax,
        names: cluster.indexes.map((index) => `replica-${index}`),
        seed,
      }),
    ];
    const author = { name: "world", incarnation: 1 };
    this.#scribe = new EventScribe({ author, nowMs: Date.now, aheadMsMax: AHEAD_MS_MAX }, this);
  }

  take(event: JournalEvent): void {
    if (this.#writer.isFull) this.#flush();
    this.#writer.add(event);
  }

  fault(what: string): void {
    this.#scribe.note("fault", { what });
  }

  healed(what: string): void {
    this.#scribe.note("heal", { what });
  }

  violated(checker: string, what: string): void {
    this.#scribe.note("violation", { checker, what });
  }

  /** `world.qjournal`, and a folder of segments for each replica that kept any. */
  save(folder: string, cluster: ChaosCluster): void {
    this.#flush();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "world.qjournal"), concatBytes(...this.#parts));
    for (const index of cluster.indexes) {
      const kept = join(cluster.folder.nodeFolder(index), "journal");
      if (existsSync(kept)) cpSync(kept, join(folder, `replica-${index}`), { recursive: true });
    }
  }

  #flush(): void {
    const block = this.#writer.flush();
    if (block !== undefined) this.#parts.push(block);
  }
}
