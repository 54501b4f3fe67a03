import { toHex } from "../../base/bytes.ts";
import { ProofFolder } from "../../client/resolve/local/proof-folder.ts";
import { OpenFolder } from "../../client/resolve/local/open-folder.ts";
import { openFolderOf } from "../../client/resolve/open-resolver.ts";
import { Resolver } from "../../client/resolve/resolver.ts";
import { resolveSetup } from "../../client/resolve/resolve-setup.ts";
import { ClusterSource } from "../../client/resolve/network/cluster-source.ts";
import { lookupTier } from "../../client/resolve/tiers/record-source.ts";
import { OpenObligations } from "../../client/resolve/work/open-obligations.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
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
  const { dir, timeout, namespace } = options;
  const { folder } = resolveSetup({ cache: options.cache });
  const local = lookupTier("local", new ProofFolder(folder));
  const own = new OpenFolder(openFolderOf(folder)).list();
  const signal = AbortSignal.timeout(1000 * timeout);
  if (dir === undefined) return unproved(own, new Resolver({ tiers: [local], sinks: [] }), signal);
  return withClient({ dir, timeout }, "reader", async (client) => {
    const network = lookupTier("network", new ClusterSource(client, namespace));
    const known = new Resolver({ tiers: [local, network], sinks: [] });
    const shared: { readonly key: string; readonly obligation: Obligation }[] = [];
    for await (const { key, obligation } of new OpenObligations(client, namespace).list(signal)) {
      shared.push({ key: toHex(key), obligation });
    }
    const lines = await unproved(shared, known, signal);
    return [
      ...(await unproved(own, known, signal)),
      ...lines.map((line): OpenLine => ({ ...line, where: "the cluster" })),
    ];
  });
}

async function unproved(
  open: readonly { readonly key: string; readonly obligation: Obligation }[],
  known: Resolver,
  signal: AbortSignal,
): Promise<readonly OpenLine[]> {
  const lines: OpenLine[] = [];
  for (const { key, obligation } of open) {
    if ((await known.resolve(obligation, { signal })).status === "proved") continue;
    const { kind, payload } = obligation;
    lines.push({ key, kind, bytes: payload.length, where: "this machine" });
  }
  return lines;
}
