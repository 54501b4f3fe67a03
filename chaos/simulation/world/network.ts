import type { Prng } from "../../../base/prng.ts";
import type { World } from "./world.ts";

/** How one direction of one link treats frames. */
export interface LinkMood {
  delayMsMin: number;
  delayMsMean: number;
  lossProbability: number;
  duplicateProbability: number;
  /** Now and then an old frame comes again, long after. */
  replayProbability: number;
  /** Frames leave in their order, as over one connection. */
  ordered: boolean;
  /** Until then nothing passes; it waits. Virtual milliseconds. */
  cloggedUntilMs: number;
}

type Deliver = () => void;

/** What came over a link once and may come again. */
const KEPT_FOR_REPLAY = 16;

/**
 * All links between everybody who has an address: replicas first (a twin has one of its own), then
 * clients. A frame that is on its way when a partition begins is lost with it.
 */
export class SimulatedNetwork {
  readonly #world: World;
  readonly #size: number;
  readonly #moods: LinkMood[] = [];
  readonly #prngs: Prng[] = [];
  readonly #lastMs: Float64Array;
  readonly #kept: Deliver[][] = [];
  /** Which group everybody is in, for each partition that is in force. */
  readonly #cuts = new Map<number, (from: number, to: number) => boolean>();
  #nextCut = 0;
  sentCount = 0;
  lostCount = 0;
  /** Told when a cut begins or ends, for connections to notice. */
  onCutsChanged: () => void = () => undefined;

  constructor(world: World, size: number, mood: (from: number, to: number) => LinkMood) {
    this.#world = world;
    this.#size = size;
    for (let from = 0; from < size; from++) {
      for (let to = 0; to < size; to++) {
        this.#moods.push(mood(from, to));
        this.#prngs.push(world.streams.of(`link ${from} ${to}`));
        this.#kept.push([]);
      }
    }
    this.#lastMs = new Float64Array(size * size);
  }

  moodOf(from: number, to: number): LinkMood {
    return this.#moods[from * this.#size + to] as LinkMood;
  }

  /** Frames for which `blocks` answers true are lost until `heal`. */
  cut(blocks: (from: number, to: number) => boolean): number {
    const cut = this.#nextCut++;
    this.#cuts.set(cut, blocks);
    this.onCutsChanged();
    return cut;
  }

  heal(cut: number): void {
    if (this.#cuts.delete(cut)) this.onCutsChanged();
  }

  healAll(mood: Partial<LinkMood>): void {
    this.#cuts.clear();
    for (const each of this.#moods) Object.assign(each, mood);
    this.onCutsChanged();
  }

  isCut(from: number, to: number): boolean {
    for (const blocks of this.#cuts.values()) if (blocks(from, to)) return true;
    return false;
  }

  send(from: number, to: number, deliver: Deliver): void {
    const link = from * this.#size + to;
    const mood = this.#moods[link] as LinkMood;
    const prng = this.#prngs[link] as Prng;
    this.sentCount++;
    if (this.isCut(from, to) || prng.chance(mood.lossProbability)) {
      this.lostCount++;
      return;
    }
    this.#fly(link, from, to, deliver);
    if (mood.duplicateProbability > 0 && prng.chance(mood.duplicateProbability)) {
      this.#world.mark("network: duplicated");
      this.#fly(link, from, to, deliver);
    }
    if (mood.replayProbability > 0) this.#maybeReplay(link, from, to, deliver);
  }

  #maybeReplay(link: number, from: number, to: number, deliver: Deliver): void {
    const prng = this.#prngs[link] as Prng;
    const kept = this.#kept[link] as Deliver[];
    if (kept.length < KEPT_FOR_REPLAY) kept.push(deliver);
    else kept[prng.below(KEPT_FOR_REPLAY)] = deliver;
    const mood = this.#moods[link] as LinkMood;
    if (!prng.chance(mood.replayProbability)) return;
    this.#world.mark("network: replayed");
    this.#fly(link, from, to, kept[prng.below(kept.length)] as Deliver);
  }

  #fly(link: number, from: number, to: number, deliver: Deliver): void {
    const mood = this.#moods[link] as LinkMood;
    const prng = this.#prngs[link] as Prng;
    const { nowMs } = this.#world;
    // Exponential above the minimum: most are quick, some overtake others by far.
    const extra = -Math.log(1 - prng.uint32() / 0x1_0000_0001) * mood.delayMsMean;
    let atMs = Math.max(nowMs, mood.cloggedUntilMs) + mood.delayMsMin + extra;
    if (mood.ordered) {
      atMs = Math.max(atMs, (this.#lastMs[link] as number) + 0.001);
      this.#lastMs[link] = atMs;
    }
    this.#world.at(atMs, () => {
      if (this.isCut(from, to)) this.lostCount++;
      else deliver();
    });
  }
}
