import { toHex } from "../../base/bytes.ts";
import { OpenFolder } from "../../client/resolve/local/open-folder.ts";
import { openFolderOf } from "../../client/resolve/open-resolver.ts";
import { Resolver } from "../../client/resolve/resolver.ts";
import { resolveSetup } from "../../client/resolve/resolve-setup.ts";
import { ClusterSource } from "../../client/resolve/network/cluster-source.ts";
import { lookupTier } from "../../client/resolve/tiers/record-source.ts";
import { OpenObligations } from "../../client/resolve/work/open-obligations.ts";
import { withClient } from "./connect-folder.ts";

export interface OpenLine {
  /** Hex. */
  readonly key: string;
  readonly kind: string;
  /** Of the statement. */
  readonly bytes: number;
  readonly where: "this machine" | "the cluster";
}

export interface ListOpenOptions {
  readonly dir?: string;
  readonly cache?: string;
  readonly namespace: string;
  readonly timeout: number;
}

/** What this machine uses unproved, and what the cluster's workers are asked for and have not proved. */
export async function listOpen(options: ListOpenOptions): Promise<readonly OpenLine[]> {
  const { folder } = resolveSetup({ cache: options.cache });
  const own = new OpenFolder(openFolderOf(folder)).list().map(({ key, obligation }): OpenLine => ({
    ...{ key, kind: obligation.kind },
    ...{ bytes: obligation.payload.length, where: "this machine" },
  }));
  const { dir, timeout, namespace } = options;
  if (dir === undefined) return own;
  const shared = await withClient({ dir, timeout }, "reader", async (client) => {
    const known = new Resolver({
      tiers: [lookupTier("network", new ClusterSource(client, namespace))],
      sinks: [],
    });
    const signal = AbortSignal.timeout(1000 * timeout);
    const lines: OpenLine[] = [];
    for await (const { key, obligation } of new OpenObligations(client, namespace).list(signal)) {
      if ((await known.resolve(obligation, { signal })).status === "proved") continue;
      const { kind, payload } = obligation;
      lines.push({ key: toHex(key), kind, bytes: payload.length, where: "the cluster" });
    }
    return lines;
  });
  return [...own, ...shared];
}
