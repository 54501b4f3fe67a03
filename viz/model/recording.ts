import type { Comparison } from "./comparison.ts";
import { Configurations } from "./configurations.ts";
import type { ToldConfiguration } from "./configurations.ts";
import type { EventTable } from "./event-table.ts";
import { Instances } from "./instances.ts";
import { LaneHealth } from "./lane-health.ts";
import { laneOrder } from "./lanes.ts";
import type { Window } from "./selection.ts";
import { TimeIndex } from "./time-index.ts";
import { childrenOf } from "./children.ts";
import type { Children } from "./children.ts";

/** How a table that does not hold all events stands to the recording. */
export interface RecordingSample {
  readonly oneOf: number;
  readonly eventCount: number;
  isWhole(window: Window): boolean;
}

/** A table with everything that is derived from it. Settled again whenever rows came or went. */
export class Recording {
  readonly table: EventTable;
  readonly configurations: Configurations;
  #index: TimeIndex;
  #instances: Instances;
  #health: LaneHealth;
  #children: Children | undefined;
  #laneOrder: number[];
  #comparison: Comparison | undefined;
  /** Grows with each change: whoever keeps something made from the rows compares it. */
  version = 0;
  /** Set when the table holds a sample of what was recorded. */
  sample: RecordingSample | undefined;

  constructor(table: EventTable) {
    this.table = table;
    table.settle();
    this.configurations = new Configurations(table.header);
    this.configurations.settle(table);
    this.#index = new TimeIndex(table);
    this.#instances = new Instances(table);
    this.#health = new LaneHealth(table, this.#index, this.configurations);
    this.#laneOrder = laneOrder(table.authors.lanes);
  }

  get index(): TimeIndex {
    return this.#index;
  }

  get instances(): Instances {
    return this.#instances;
  }

  get health(): LaneHealth {
    return this.#health;
  }

  /** Lanes as they are shown, first to last. */
  get laneOrder(): readonly number[] {
    return this.#laneOrder;
  }

  /** With another run, when one was opened beside this. */
  get comparison(): Comparison | undefined {
    return this.#comparison;
  }

  set comparison(comparison: Comparison | undefined) {
    this.#comparison = comparison;
    this.version++;
  }

  get children(): Children {
    this.#children ??= childrenOf(this.table);
    return this.#children;
  }

  /** After rows were appended. */
  settle(): void {
    this.table.settle();
    this.#instances.settle();
    this.#derive();
  }

  /** What a collector tells of who votes; shown from the next {@link settle} on. */
  takeConfigurations(told: readonly ToldConfiguration[]): void {
    this.configurations.take(told);
  }

  /** Row numbers fall by `count`. */
  dropFront(count: number): void {
    this.configurations.settle(this.table);
    this.configurations.dropFront(count);
    this.table.dropFront(count);
    this.#instances = new Instances(this.table);
    this.#derive();
  }

  #derive(): void {
    this.version++;
    this.#children = undefined;
    this.configurations.settle(this.table);
    this.#index = new TimeIndex(this.table);
    this.#health = new LaneHealth(this.table, this.#index, this.configurations);
    this.#laneOrder = laneOrder(this.table.authors.lanes);
  }
}
