import { QuorateError } from "../../base/quorate-error.ts";
import type { ClusterFetch } from "./cluster-fetch.ts";
import type { ClusterLink } from "./cluster-link.ts";
import type { Journal } from "./journal/journal.ts";
import type { LocalStore } from "./local-store.ts";
import type { DeleteOutcome } from "./outcome.ts";
import type { Publisher } from "./publisher.ts";
import type { Route } from "./route.ts";
import type { WriterKeys, WriterName } from "./writer-keys.ts";
import { withDeadline } from "./with-deadline.ts";

export interface WithdrawalParts {
  readonly journal: Journal;
  readonly store: LocalStore;
  readonly link: ClusterLink;
  readonly fetch: ClusterFetch;
  readonly publisher: Publisher;
  readonly writers: WriterKeys;
}

/**
 * DELETE of an entry, so that nothing older comes back after its answer.
 *
 * 1. What waits in the journal and was never sent is not sent any more.
 * 2. What was sent may be executed at any time until the cluster has judged it. So it is carried to
 *    its verdict first, and the withdrawal is ordered after it.
 * 3. When that takes longer than the caller waits, the answer is "failed" and the rest goes on
 *    behind it, unless something newer is put under the key meanwhile.
 */
export class Withdrawals {
  readonly #deadlineMs: number;
  readonly #parts: WithdrawalParts;

  constructor(options: { readonly deadlineMs: number }, parts: WithdrawalParts) {
    this.#deadlineMs = options.deadlineMs;
    this.#parts = parts;
  }

  async withdraw(route: Route, writer: WriterName): Promise<DeleteOutcome> {
    let late = false;
    const done = this.#run(route, writer, () => late);
    const outcome = await withDeadline(done, this.#deadlineMs, "failed" as const);
    late = true;
    return outcome;
  }

  async #run(route: Route, writer: WriterName, isLate: () => boolean): Promise<DeleteOutcome> {
    const { journal, store, link, fetch, publisher, writers } = this.#parts;
    const { location, namespace, name } = route;
    const isOwn = (of: { readonly writer?: WriterName }): boolean => of.writer === writer;
    const held = store.find(location)?.record;
    if (held === undefined || held.certified || isOwn(held)) store.drop(location);
    fetch.noteWithdrawn(location);
    // What another writer put is his to withdraw.
    const waiting = journal.waitingFor(namespace, name).filter(({ intent }) => isOwn(intent));
    if (!(await publisher.cancel(waiting))) return "failed";
    const renewed = store.find(location) !== undefined || journal.isWaiting(namespace, name);
    if (isLate() && renewed) return "failed";
    const { client } = link;
    if (client === undefined || !link.isReachable()) return "failed";
    const writing = writers.writing(client, writer);
    if (writing === undefined) return "failed";
    try {
      await writing.delete(namespace, name, { deadlineMs: this.#deadlineMs });
    } catch (error) {
      const code = error instanceof QuorateError ? error.code : "";
      if (code !== "NOTHING_TO_WITHDRAW") return "failed";
      return waiting.length > 0 ? "withdrawn" : "absent";
    }
    // What a look-up brought here meanwhile may be from before.
    fetch.noteWithdrawn(location);
    store.revoke(location, undefined);
    return "withdrawn";
  }
}
