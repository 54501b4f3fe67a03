import type { Output } from "../../../consensus/replica/output.ts";
import { VOTE_PRE_PREPARE } from "../../../consensus/wire/certificate.ts";
import type { SimulatedNetwork } from "../world/network.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { World } from "../world/world.ts";
import type { StrikeFault } from "./plan.ts";
import { primaryAddressOf } from "./primary-address.ts";

/** Long enough that everybody's patience with the primary ends. */
const CUT_MS = 900;
/** A flush takes so long, milliseconds, where one is to be hit in its middle. */
const SLOW_FLUSH_MS = 60;

type Strike = (replica: SimulatedReplica, output: Output) => boolean;

/**
 * Faults that wait for their moment: a network or a machine that fails just when a replica has
 * prepared, proposed, left a view or begun a flush. By chance alone these moments, a millisecond
 * each, would be hit in one seed of thousands.
 */
export class Strikes {
  readonly #world: World;
  readonly #network: SimulatedNetwork;
  readonly #replicas: readonly SimulatedReplica[];
  readonly #armed = new Set<Strike>();
  /** The highest sequence that anybody has prepared. */
  #prepared = 0;
  #healed = false;

  constructor(world: World, network: SimulatedNetwork, replicas: readonly SimulatedReplica[]) {
    this.#world = world;
    this.#network = network;
    this.#replicas = replicas;
  }

  begin(fault: StrikeFault): void {
    switch (fault.what) {
      case "when-prepared":
        return this.#splitWhenPrepared(fault);
      case "when-proposed":
        return this.#crashWhenProposed(fault);
      case "when-leaving":
        return this.#crashWhenLeaving(fault);
      case "in-a-flush":
        return this.#crashInFlush(fault);
      case "when-asking":
        return this.#muffleWhenAsking(fault);
      default:
    }
  }

  heal(): void {
    this.#healed = true;
    this.#armed.clear();
  }

  /** What a replica's step came to, before anything of it is done. */
  notice(replica: SimulatedReplica, outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.type === "persist" && output.record.type === "prepared") {
        this.#fire(replica, output);
        this.#prepared = Math.max(this.#prepared, output.record.certificate.sequence);
      } else if (output.type === "view" || output.type === "vote") {
        this.#fire(replica, output);
      }
    }
  }

  #fire(replica: SimulatedReplica, output: Output): void {
    for (const strike of this.#armed) if (strike(replica, output)) this.#armed.delete(strike);
  }

  /**
   * The first to prepare something is cut off with all others from each other, until they have
   * given the view up; they go on without it, and as soon as one of them has prepared something
   * else in its place it happens to all of them again. What two views have prepared for one
   * sequence meets in the next view-changes.
   */
  #splitWhenPrepared({ forMs }: StrikeFault): void {
    this.#armed.add((first, output) => {
      const place = placeOfPrepared(output);
      if (place === undefined || place.sequence <= this.#prepared) return false;
      this.#world.mark("strike: prepared once");
      this.#cut(() => true, CUT_MS);
      const { address } = first;
      const cut = this.#network.cut((from, to) => from === address || to === address);
      const end = (): void => this.#network.heal(cut);
      this.#world.after(CUT_MS + forMs, end);
      this.#armed.add((second, later) => {
        const again = placeOfPrepared(later);
        if (second === first || again?.sequence !== place.sequence) return false;
        if (again.view <= place.view || again.digest === place.digest) return false;
        this.#world.mark("strike: prepared twice");
        end();
        this.#cut(() => true, CUT_MS);
        return true;
      });
      return true;
    });
  }

  /** A primary that has just promised a proposal comes back before anybody has missed it. */
  #crashWhenProposed({ forMs }: StrikeFault): void {
    this.#armed.add((replica, output) => {
      if (output.type !== "vote" || output.vote.type !== VOTE_PRE_PREPARE) return false;
      this.#crash(replica, 1.5, forMs / 20);
      return true;
    });
  }

  /** Cut off, a replica leaves its view alone; it forgets that if it can, and finds the others there. */
  #crashWhenLeaving({ forMs, replica: target }: StrikeFault): void {
    const { address } = this.#replicas[target] ?? {};
    const cut = this.#network.cut((from, to) => this.#isBetweenReplicas(from, to, address));
    const end = (): void => this.#network.heal(cut);
    this.#world.after(forMs, end);
    this.#armed.add((replica, output) => {
      if (replica.address !== address || output.type !== "view" || output.active) return false;
      this.#crash(replica, 4, 40);
      this.#world.after(4, end);
      return true;
    });
  }

  #crashInFlush({ forMs, replica: target }: StrikeFault): void {
    const victim = this.#replicas[target];
    if (victim === undefined) return;
    victim.disk.mood.syncMs = SLOW_FLUSH_MS;
    this.#world.after(forMs, () => (victim.disk.mood.syncMs = 0.2));
    this.#armed.add((replica, output) => {
      if (replica !== victim || output.type !== "vote") return false;
      this.#crash(replica, SLOW_FLUSH_MS / 3, 100);
      return true;
    });
  }

  /** The primary is gone for a while, and who asks first for the next one hears and is not heard. */
  #muffleWhenAsking({ forMs }: StrikeFault): void {
    const primary = this.#primary;
    this.#cut((from, to) => from === primary || to === primary, CUT_MS);
    this.#armed.add((replica, output) => {
      if (output.type !== "view" || output.active) return false;
      this.#world.mark("strike: asked unheard");
      const { address } = replica;
      this.#cut((from) => from === address, forMs);
      return true;
    });
  }

  get #primary(): number | undefined {
    if (this.#replicas[0]?.surroundings.changesMembers === true) {
      return primaryAddressOf(this.#replicas);
    }
    const views = this.#replicas.flatMap(({ process }) => process?.machine.status.view ?? []);
    const { members } = this.#replicas[0]?.surroundings.committee ?? { members: [] };
    return this.#replicas[Math.max(0, ...views) % members.length]?.address;
  }

  #isBetweenReplicas(from: number, to: number, address: number | undefined): boolean {
    const count = this.#replicas.length;
    return from < count && to < count && (from === address || to === address);
  }

  #cut(blocks: (from: number, to: number) => boolean, forMs: number): void {
    const count = this.#replicas.length;
    const cut = this.#network.cut((from, to) => from < count && to < count && blocks(from, to));
    this.#world.after(forMs, () => this.#network.heal(cut));
  }

  #crash(replica: SimulatedReplica, inMs: number, forMs: number): void {
    const { process } = replica;
    this.#world.after(inMs, () => {
      if (this.#healed || replica.process !== process) return;
      this.#world.mark("strike: crashed in the moment");
      replica.crash();
      this.#world.after(forMs, () => replica.boot());
    });
  }
}

function placeOfPrepared(
  output: Output,
): { readonly view: number; readonly sequence: number; readonly digest: string } | undefined {
  if (output.type !== "persist" || output.record.type !== "prepared") return undefined;
  const { view, sequence, digest } = output.record.certificate;
  return { view, sequence, digest: digest.join() };
}
