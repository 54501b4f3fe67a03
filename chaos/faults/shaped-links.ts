import type { LinkRule, Place } from "../network/link-rule.ts";
import type { Network } from "../network/network.ts";
import { whom } from "./fault.ts";
import type { Fault, Stage, Target } from "./fault.ts";

export interface ShapedLinksOptions {
  readonly kind: string;
  readonly rule: LinkRule;
  /** All links, or those of these replicas only. */
  readonly of: Target;
  /** Whether the links to clients are meant, too. */
  readonly clients: boolean;
}

/** One rule on many links, both ways: delay, loss, duplicates, reordering, corruption, a slow link. */
export function shapedLinksFault({ kind, rule, of, clients }: ShapedLinksOptions): Fault {
  let hit: readonly number[] = [];
  let how = "";
  let touchedBefore = 0;
  return {
    kind,
    available: () => undefined,
    async inject(stage) {
      hit = await whom(stage, of);
      how = stage.cluster.network.how;
      touchedBefore = stage.cluster.network.touchedCount;
      shapeAll(stage, hit, clients, rule);
    },
    heal(stage) {
      shapeAll(stage, hit, clients, undefined);
      return Promise.resolve();
    },
    missed: ({ cluster }) => untouched(cluster.network, touchedBefore),
    describe: () => `${JSON.stringify(rule)} on all links of replicas ${hit.join(", ")} by ${how}`,
  };
}

export function untouched(network: Network, before: number): string | undefined {
  return network.touchedCount > before ? undefined : "no frame met the rule";
}

function shapeAll(
  { cluster }: Stage,
  hit: readonly number[],
  clients: boolean,
  rule: LinkRule | undefined,
): void {
  const places: Place[] = [...cluster.indexes, ...(clients ? (["clients"] as const) : [])];
  for (const index of hit) {
    for (const place of places) {
      if (place === index) continue;
      cluster.network.shape(index, place, rule);
      cluster.network.shape(place, index, rule);
    }
  }
}
