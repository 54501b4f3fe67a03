import { quorumOf } from "../../consensus/committee.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import { chainCodec } from "../../consensus/wire/configuration.ts";
import { CHAIN_ASK_MS } from "../limits.ts";
import type { Platform } from "../platform/platform.ts";
import type { Fleet } from "./fleet.ts";
import type { ReplicaLink } from "./replica-link.ts";
import type { CancelAlarm, Sweep } from "./sweep.ts";

/**
 * Follows the cluster from configuration to configuration. A replica that greets us from a later
 * epoch is asked for the links that lead there; while too few are connected, whoever has ever been
 * a member is asked in turn. What is believed was verified link by link, so a liar can make us ask
 * and nothing else.
 */
export class EpochFollower {
  readonly #epochs: Epochs;
  readonly #fleet: Fleet;
  readonly #platform: Platform;
  readonly #sweep: Sweep;
  #asking = false;
  #next = 0;
  #alarm: CancelAlarm | undefined;
  #stopped = false;

  constructor(
    epochs: Epochs,
    parts: { readonly fleet: Fleet; readonly platform: Platform; readonly sweep: Sweep },
  ) {
    this.#epochs = epochs;
    this.#fleet = parts.fleet;
    this.#platform = parts.platform;
    this.#sweep = parts.sweep;
    parts.fleet.listen({ onNewerEpoch: (link) => void this.#ask(link.address, link) });
  }

  start(): void {
    this.#alarm = this.#sweep.after(CHAIN_ASK_MS, () => {
      if (this.#stopped) return;
      if (this.#fleet.open.length < quorumOf(this.#epochs.newest)) this.#askNext();
      this.start();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#alarm?.();
  }

  #askNext(): void {
    const { addresses } = this.#epochs;
    const address = addresses[this.#next++ % addresses.length];
    if (address !== undefined) void this.#ask(address, undefined);
  }

  async #ask(address: string, link: ReplicaLink | undefined): Promise<void> {
    if (this.#asking || this.#stopped) return;
    this.#asking = true;
    const { epoch } = this.#epochs.newest;
    const body = await this.#platform.chain(address, epoch).catch(() => undefined);
    this.#asking = false;
    const links = body && chainCodec.tryDecode(body)?.links;
    if (links === undefined || this.#stopped) return;
    const { gained, sound } = this.#epochs.follow(links, epoch);
    if (!sound) link?.lied("forged-link");
    if (gained > 0) this.#fleet.enter(this.#epochs.newest);
  }
}
