import { toHex } from "../../../base/bytes.ts";
import { hlcMs } from "../../../base/hlc.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import {
  ENTRY_CONFIRMED,
  ENTRY_DISPUTED,
  ENTRY_PENDING,
  ENTRY_WITHDRAWN,
} from "../../../consensus/wire/rows.ts";
import type { EntryRow } from "../../../consensus/wire/rows.ts";
import { kindOf } from "../../../proof/digest/registry.ts";
import type { Client } from "../../types.ts";
import type { Gateway, LocalView } from "../gateway.ts";
import type { Told } from "../traffic.ts";
import type { Route } from "../route.ts";

/** Why a key is answered as it is: here, in the cluster, and when it was last asked for. */
export interface Explanation {
  readonly namespace: string;
  readonly key: string;
  /** What a GET would be now. */
  readonly verdict: "hit" | "miss";
  /** In words. */
  readonly why: string;
  readonly local: LocalView | null;
  readonly cluster: ClusterView;
  /** The last answer about it that did not come from memory; null: none since the start. */
  readonly last: Told | null;
}

export interface ClusterView {
  /** One of STATES, "absent", or "unknown": it could not be asked. */
  readonly state: string;
  /** Why it could not. */
  readonly trouble: string | null;
  readonly kind: string | null;
  /** Who stands behind which answer. */
  readonly vouched: readonly {
    readonly operator: string;
    readonly writer: string;
    /** Semantic digest, hex. */
    readonly answer: string;
    readonly served: boolean;
    readonly atMs: number;
  }[];
  /** Answers of replicas that were not believed, by reason, since the start. */
  readonly refused: Readonly<Record<string, number>>;
}

const STATES: Readonly<Record<number, string>> = {
  [ENTRY_PENDING]: "pending",
  [ENTRY_CONFIRMED]: "confirmed",
  [ENTRY_DISPUTED]: "disputed",
  [ENTRY_WITHDRAWN]: "withdrawn",
};

const DEADLINE_MS = 5_000;

export async function explain(gateway: Gateway, route: Route): Promise<Explanation> {
  const { namespace, name } = route;
  const local = gateway.viewLocally(route) ?? null;
  const cluster = await clusterView(gateway.client, route, gateway.trouble);
  const last = gateway.traffic.lastOf(namespace, name) ?? null;
  return { namespace, key: name, ...verdictOf(local, cluster), local, cluster, last };
}

function verdictOf(
  local: LocalView | null,
  cluster: ClusterView,
): Pick<Explanation, "verdict" | "why"> {
  const hit = (why: string): Pick<Explanation, "verdict" | "why"> => ({ verdict: "hit", why });
  const miss = (why: string): Pick<Explanation, "verdict" | "why"> => ({ verdict: "miss", why });
  if (local?.audited === true) return miss("its tool is to make it again, to be compared (audit)");
  if (local !== null && local.certainty !== null && local.level !== null) {
    return hit(`held here (${local.level}), ${local.certainty}`);
  }
  switch (cluster.state) {
    case "absent":
      return miss("nobody has put it, as the cluster proves");
    case "pending":
      return miss(`it waits for other operators; so far ${operators(cluster)} stand behind it`);
    case "disputed":
      return miss(`operators differ about it: ${operators(cluster)}; see quorate disputes`);
    case "withdrawn":
      return miss("it was withdrawn");
    case "unknown":
      return miss(`the cluster could not be asked: ${cluster.trouble ?? "no cluster"}`);
    case "expired":
      return miss("its time is over");
    default:
      return kindOf(cluster.kind ?? "") === undefined
        ? miss(`its kind, ${cluster.kind}, is unknown to this version`)
        : hit(`confirmed in the cluster by ${operators(cluster)}, not held here`);
  }
}

function operators({ vouched }: ClusterView): string {
  const names = [...new Set(vouched.map(({ operator }) => operator))];
  return names.length === 0 ? "nobody" : names.join(", ");
}

async function clusterView(
  client: Client | undefined,
  { namespace, name }: Route,
  trouble: string | undefined,
): Promise<ClusterView> {
  const nothing = { trouble: null, kind: null, vouched: [], refused: refusalsOf(client) };
  if (client === undefined) return { ...nothing, state: "unknown", trouble: trouble ?? null };
  try {
    const found = await client.stat(namespace, name, { deadlineMs: DEADLINE_MS });
    const row = found.status === "hit" ? found.entry : found.row;
    if (row === undefined) return { ...nothing, state: "absent" };
    const isOver = found.status === "miss" && row.state === ENTRY_CONFIRMED;
    const state = isOver ? "expired" : (STATES[row.state] ?? "unknown");
    return { ...nothing, state, kind: row.kind, vouched: vouchedIn(row) };
  } catch (error) {
    const message = error instanceof QuorateError ? error.message : "it failed";
    return { ...nothing, state: "unknown", trouble: message };
  }
}

function vouchedIn(row: EntryRow): ClusterView["vouched"] {
  const served = row.state === ENTRY_CONFIRMED ? toHex(row.semanticDigest) : "";
  return row.votes.map(({ operator, writer, semanticDigest, time }) => {
    const answer = toHex(semanticDigest);
    return {
      ...{ operator, writer: toHex(writer), answer, served: answer === served },
      atMs: hlcMs(time),
    };
  });
}

function refusalsOf(client: Client | undefined): Readonly<Record<string, number>> {
  const all: Record<string, number> = {};
  for (const { lies } of client?.status().replicas ?? []) {
    for (const [reason, count] of lies) all[reason] = (all[reason] ?? 0) + count;
  }
  return all;
}
