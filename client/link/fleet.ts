import type { ReplicaIndex } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Platform } from "../platform/platform.ts";
import type { LinkEvents } from "./replica-link.ts";
import { ReplicaLink } from "./replica-link.ts";
import type { Sweep } from "./sweep.ts";

/** The links to all replicas, and whom to ask first. */
export class Fleet {
  readonly #dependencies: { readonly platform: Platform; readonly sweep: Sweep };
  readonly #listeners: LinkEvents[] = [];
  #links: readonly ReplicaLink[];

  constructor(
    committee: Committee,
    dependencies: { readonly platform: Platform; readonly sweep: Sweep },
  ) {
    this.#dependencies = dependencies;
    this.#links = this.#linksTo(committee);
  }

  /** In the order of the members of the configuration in force. */
  get links(): readonly ReplicaLink[] {
    return this.#links;
  }

  /** The next configuration: every link is made anew, for its proof of identity names the epoch. */
  enter(committee: Committee): void {
    this.stop();
    this.#links = this.#linksTo(committee);
    this.start();
  }

  #linksTo(committee: Committee): readonly ReplicaLink[] {
    const each = (run: (listener: LinkEvents) => void): void => {
      for (const listener of this.#listeners) run(listener);
    };
    const events: LinkEvents = {
      onOpen: (link) => each((listener) => listener.onOpen(link)),
      onLost: (link) => each((listener) => listener.onLost(link)),
      onRoot: (link, root) => each((listener) => listener.onRoot(link, root)),
      onSubmitAnswer: (link, answer) => each((listener) => listener.onSubmitAnswer(link, answer)),
      onNewerEpoch: (link) => each((listener) => listener.onNewerEpoch(link)),
    };
    return committee.members.map(
      (member, index) =>
        new ReplicaLink(
          { index: index as ReplicaIndex, member, committee },
          { ...this.#dependencies, events },
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
      onNewerEpoch: nothing,
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
