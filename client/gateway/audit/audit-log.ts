import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LineLog } from "../line-log.ts";
import { AUDIT_LOG_BYTES_MAX } from "../limits.ts";
import { parseAuditRecord } from "./audit-record.ts";
import type { AuditRecord } from "./audit-record.ts";

const NAME = "audit.jsonl";

/** What was made again and how it compared, as JSON lines in the gateway's folder. */
export class AuditLog {
  readonly #lines: LineLog;

  constructor(folder: string) {
    this.#lines = new LineLog(join(folder, NAME), AUDIT_LOG_BYTES_MAX);
  }

  async add(record: AuditRecord): Promise<void> {
    this.#lines.add(JSON.stringify(record));
    await this.#lines.flush();
  }

  flush(): Promise<void> {
    return this.#lines.flush();
  }
}

/** All that the folder still has, oldest first; also while its gateway runs. */
export async function readAuditLog(folder: string): Promise<readonly AuditRecord[]> {
  const path = join(folder, NAME);
  const texts = [`${path}.1`, path].map((name) => readFile(name, "utf8").catch(() => ""));
  const lines = (await Promise.all(texts)).join("").split("\n");
  return lines.flatMap((line) => parseAuditRecord(line) ?? []);
}
