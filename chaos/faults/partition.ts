import type { Place } from "../network/link-rule.ts";
import type { Fault, Stage } from "./fault.ts";
import { untouched } from "./shaped-links.ts";

/** Which directed links are cut. */
export type Cut = readonly (readonly [from: Place, to: Place])[];

export interface PartitionOptions {
  readonly kind: string;
  readonly cutOf: (stage: Stage) => Promise<Cut> | Cut;
  /** Cut and whole in turn; absent: cut until healed. */
  readonly flapMs?: number;
}

/** Links that nothing passes, in whatever shape. Connections stay; what is sent is lost. */
export function partitionFault({ kind, cutOf, flapMs }: PartitionOptions): Fault {
  let cut: Cut = [];
  let how = "";
  let touchedBefore = 0;
  let timer: NodeJS.Timeout | undefined;
  const shape = ({ cluster }: Stage, isCut: boolean): void => {
    for (const [from, to] of cut)
      cluster.network.shape(from, to, isCut ? { cut: true } : undefined);
  };
  return {
    kind,
    available: () => undefined,
    async inject(stage) {
      cut = await cutOf(stage);
      how = stage.cluster.network.how;
      touchedBefore = stage.cluster.network.touchedCount;
      shape(stage, true);
      if (flapMs === undefined) return;
      let isCut = true;
      timer = setInterval(() => {
        isCut = !isCut;
        shape(stage, isCut);
      }, flapMs);
    },
    heal(stage) {
      clearInterval(timer);
      shape(stage, false);
      return Promise.resolve();
    },
    missed: ({ cluster }) => untouched(cluster.network, touchedBefore),
    describe: () =>
      `cut ${cut.map(([from, to]) => `${from}→${to}`).join(" ")}` +
      `${flapMs === undefined ? "" : ` every other ${flapMs} ms`} by ${how}`,
  };
}

/** Between two groups; whoever stands in neither hears both. */
export function between(left: readonly Place[], right: readonly Place[]): Cut {
  return left.flatMap((one) =>
    right.flatMap((other) => [[one, other] as const, [other, one] as const]),
  );
}

/** The primary alone on one side, clients and all others on the other. */
export async function primaryAlone({ cluster }: Stage): Promise<Cut> {
  const primary = await cluster.primary();
  const others = cluster.indexes.filter((index) => index !== primary);
  return between([primary], [...others, "clients"]);
}

/** Two halves: neither has a quorum. */
export function halves({ cluster }: Stage): Cut {
  const middle = Math.ceil(cluster.replicaCount / 2);
  return between(cluster.indexes.slice(0, middle), cluster.indexes.slice(middle));
}

/** What the primary says to the others is lost; what they say arrives. */
export async function primaryUnheard({ cluster }: Stage): Promise<Cut> {
  const primary = await cluster.primary();
  return cluster.indexes
    .filter((index) => index !== primary)
    .map((index) => [primary, index] as const);
}

/** Each hears its two neighbours only: everybody is connected, nobody to all. */
export function ring({ cluster }: Stage): Cut {
  const { replicaCount, indexes } = cluster;
  return indexes.flatMap((from) =>
    indexes.flatMap((to) => {
      const distance = (from - to + replicaCount) % replicaCount;
      return distance > 1 && distance < replicaCount - 1 ? [[from, to] as const] : [];
    }),
  );
}

/** The primary and one backup do not hear each other; both hear all others. */
export async function onePair({ cluster, prng }: Stage): Promise<Cut> {
  const primary = await cluster.primary();
  const others = cluster.indexes.filter((index) => index !== primary);
  return between([primary], [others[prng.below(others.length)]!]);
}
