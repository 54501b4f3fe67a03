import type { ReplicaIndex } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Platform } from "../platform/platform.ts";
import type { LinkEvents } from "./replica-link.ts";
import { ReplicaLink } from "./replica-link.ts";
import type { Sweep } from "./sweep.ts";

/** The links to all replicas, and whom to ask first. */
export class Fleet {
  readonly links: readonly ReplicaLink[];
  readonly #listeners: LinkEvents[] = [];

  constructor(
    committee: Committee,
    dependencies: { readonly platform: Platform; readonly sweep: Sweep },
  ) {
    const each = (run: (listener: LinkEvents) => void): void => {
      for (const listener of this.#listeners) run(listener);
    };
    const events: LinkEvents = {
      onOpen: (link) => each((listener) => listener.onOpen(link)),
      onLost: (link) => each((listener) => listener.onLost(link)),
      onRoot: (link, root) => each((listener) => listener.onRoot(link, root)),
      onSubmitAnswer: (link, answer) => each((listener) => listener.onSubmitAnswer(link, answer)),
    };
    this.links = committee.members.map(
      (member, index) =>
        new ReplicaLink(
          { index: index as ReplicaIndex, member, committee },
          { ...dependencies, events },
        ),
    );
  }

  listen(events: Partial<LinkEvents>): void {
    const nothing = (): void => undefined;
    this.#listeners.push({
      onOpen: nothing,
      onLost: nothing,
      onRoot: nothing,
      onSubmitAnswer: nothing,
      ...events,
    });
  }

  start(): void {
    for (const link of this.links) link.start();
  }

  stop(): void {
    for (const link of this.links) link.stop();
  }

  get open(): readonly ReplicaLink[] {
    return this.links.filter((link) => link.open);
  }

  /** Every replica turns connections away: waiting for a slow one is in vain. */
  get refused(): boolean {
    return this.links.every((link) => link.refused);
  }

  /** Connected replicas, the best first. */
  ranked(): ReplicaLink[] {
    return this.links
      .filter((link) => link.open)
      .sort((left, right) => left.health.score - right.health.score);
  }
}
