import { invariant } from "../../base/assert.ts";
import { Prng } from "../../base/prng.ts";
import { faultyMaxAtGenesis } from "../../consensus/committee.ts";
import { numbered, partitionsOf } from "./partitions.ts";
import type { Round, Scenario } from "./scenario.ts";

/** How long a round may last: one phase, two, or about a whole agreement. */
const DELAYS: readonly number[] = [1, 2, 4];
/** Of the scenarios that are listed one by one. */
const LISTED_ROUNDS = 2;
const LISTED_BLOCKS_MAX = 2;
/** Of those that are drawn. */
const DRAWN_ROUNDS_MIN = 3;
const DRAWN_ROUNDS_MAX = 7;
const DRAWN_BLOCKS_MAX = 3;
/** Steps through the list far apart, so that any thousand of it are unlike one another; a prime. */
const STRIDE = 7_368_787;

/**
 * All scenarios of one size of cluster, by number: the same number is the same scenario for ever.
 *
 * Even numbers go through the list of all scenarios of two rounds in two blocks, each once up to
 * the exchange of a member with its twin; when the list is done, and at odd numbers, scenarios of
 * three to seven rounds in up to three blocks are drawn, from the number as their seed.
 */
export class ScenarioSpace {
  readonly memberCount: number;
  readonly faultyMax: number;
  readonly #listed: readonly Round[];
  /** Of them, by place: those that the exchange of the twins leaves as they are, then one of each pair. */
  readonly #firsts: readonly Round[];
  readonly #sameCount: number;
  readonly #drawn: readonly number[][];

  constructor(memberCount: number) {
    const faultyMax = faultyMaxAtGenesis(memberCount);
    const instanceCount = memberCount + faultyMax;
    this.memberCount = memberCount;
    this.faultyMax = faultyMax;
    this.#drawn = partitionsOf(instanceCount, DRAWN_BLOCKS_MAX);
    // With two pairs of twins the list would not end in a lifetime: all of it is drawn.
    const isListed = faultyMax === 1;
    this.#listed = isListed ? roundsOf(partitionsOf(instanceCount, LISTED_BLOCKS_MAX)) : [];
    const same: Round[] = [];
    const one: Round[] = [];
    for (const round of this.#listed) {
      const order = compareRounds(round, exchanged(round, 0, memberCount));
      if (order === 0) same.push(round);
      else if (order < 0) one.push(round);
    }
    this.#sameCount = same.length;
    this.#firsts = [...same, ...one];
  }

  /** How many scenarios the list has. */
  get listedCount(): number {
    const all = this.#listed.length;
    const pairs =
      this.#sameCount * this.#firsts.length + (this.#firsts.length - this.#sameCount) * all;
    return 2 * this.memberCount * pairs;
  }

  at(number: number): Scenario {
    invariant(Number.isSafeInteger(number) && number > 0, "scenarios are numbered from 1", {
      number,
    });
    const place = number / 2 - 1;
    if (number % 2 === 0 && place < this.listedCount) {
      return this.#listedAt(Number((BigInt(place) * BigInt(STRIDE)) % BigInt(this.listedCount)));
    }
    return this.#drawnAt(number);
  }

  #listedAt(place: number): Scenario {
    const late = place % 2 === 1;
    const twin = (place >> 1) % this.memberCount;
    let rest = Math.floor(place / (2 * this.memberCount));
    const all = this.#listed.length;
    const sameTotal = this.#sameCount * this.#firsts.length;
    let rounds: Round[];
    if (rest < sameTotal) {
      const first = this.#firsts[Math.floor(rest / this.#firsts.length)] as Round;
      rounds = [first, this.#firsts[rest % this.#firsts.length] as Round];
    } else {
      rest -= sameTotal;
      const first = this.#firsts[this.#sameCount + Math.floor(rest / all)] as Round;
      rounds = [first, this.#listed[rest % all] as Round];
    }
    invariant(rounds.length === LISTED_ROUNDS, "as many rounds as are listed");
    const { memberCount, faultyMax } = this;
    // The list is made for the twin of member 0: the others' is that one with two members exchanged.
    const moved = rounds.map((round) => exchanged(round, 0, twin));
    return { memberCount, faultyMax, twins: [twin], late, rounds: moved };
  }

  #drawnAt(number: number): Scenario {
    const { memberCount, faultyMax } = this;
    const prng = new Prng(Math.imul(number ^ (number / 0x1_0000_0000), 0x9e3779b1) ^ memberCount);
    const twins = new Set<number>();
    while (twins.size < faultyMax) twins.add(prng.below(memberCount));
    const count = DRAWN_ROUNDS_MIN + prng.below(DRAWN_ROUNDS_MAX - DRAWN_ROUNDS_MIN + 1);
    const rounds = Array.from({ length: count }, (): Round => {
      const blocks = this.#drawn[prng.below(this.#drawn.length)] as number[];
      // Timers run out in one round of two: where they always do, nothing is ever agreed on.
      const patience = prng.chance(0.5) ? prng.below(2 ** blockCountOf(blocks)) : 0;
      return { blocks, patience, delays: DELAYS[prng.below(DELAYS.length)] as number };
    });
    const ascending = [...twins].sort((left, right) => left - right);
    return { memberCount, faultyMax, twins: ascending, late: prng.chance(0.5), rounds };
  }
}

function roundsOf(partitions: readonly number[][]): Round[] {
  return partitions.flatMap((blocks) =>
    Array.from({ length: 2 ** blockCountOf(blocks) }, (_, patience) =>
      DELAYS.map((delays): Round => ({ blocks, patience, delays })),
    ).flat(),
  );
}

function blockCountOf(blocks: readonly number[]): number {
  return Math.max(...blocks) + 1;
}

/** The same round with two instances in each other's place. */
function exchanged(round: Round, left: number, right: number): Round {
  const swapped = [...round.blocks];
  swapped[left] = round.blocks[right] as number;
  swapped[right] = round.blocks[left] as number;
  const { blocks, from } = numbered(swapped);
  const patience = from.reduce(
    (bits, block, place) => bits | (((round.patience >> block) & 1) << place),
    0,
  );
  return { blocks, patience, delays: round.delays };
}

function compareRounds(left: Round, right: Round): number {
  for (const [index, block] of left.blocks.entries()) {
    const difference = block - (right.blocks[index] as number);
    if (difference !== 0) return difference;
  }
  return left.patience - right.patience;
}
