import { toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import { askedFor, askTier } from "./ask-tier.ts";
import type { Asked, TierOutcome } from "./ask-tier.ts";
import { askLookups } from "./ask-lookups.ts";
import { Closure } from "./closure.ts";
import type { ProvedKeys } from "./closure.ts";
import { deferral } from "./deferral.ts";
import { judgeRecord } from "./kernel/kernel.ts";
import { IN_FLIGHT_MAX } from "./limits.ts";
import { rulesOf } from "./mode.ts";
import type { ModeRules, ResolveMode } from "./mode.ts";
import { publishTo } from "./publish.ts";
import type { ProofSink } from "./publish.ts";
import { resolutionMiss, tooManyQuestions } from "./resolve-errors.ts";
import type { ResolveOptions, ResolvePolicy, Resolution, StepReport } from "./resolution.ts";
import { ResolverCounts } from "./resolver-counts.ts";
import { SharedQuestions } from "./shared-questions.ts";
import type { Tier, TierName } from "./tier.ts";

export interface ResolverParts {
  /** In the order in which they are asked. */
  readonly tiers: readonly Tier[];
  /** Where what was found goes. */
  readonly sinks: readonly ProofSink[];
  readonly mode?: ResolveMode | undefined;
}

/** Tiers that may be asked for what a proof cites: nobody is put to work for it. */
const FOR_DEPENDENCIES: ReadonlySet<TierName> = new Set(["network", "peers", "local", "tier1"]);
const NOTHING_ABOVE: ReadonlySet<string> = new Set();

/**
 * Finds a proof of an obligation, wherever one is. Each claim is judged by this machine's kernel
 * before it counts; one that is refused sends the question on. Equal questions share one search.
 */
export class Resolver {
  readonly counts: ResolverCounts = new ResolverCounts();
  readonly mode: ResolveMode;
  readonly #tiers: readonly Tier[];
  readonly #sinks: readonly ProofSink[];
  readonly #rules: ModeRules;
  readonly #shared = new SharedQuestions<Resolution>();
  /** By theory: keys whose proofs were found and checked here, down to the axioms. */
  readonly #proved = new Map<string, ProvedKeys>();

  constructor({ tiers, sinks, mode = "read-write" }: ResolverParts) {
    this.mode = mode;
    this.#rules = rulesOf(mode);
    this.#tiers = tiers.filter(({ name }) => this.#rules.tiers.has(name));
    this.#sinks = sinks;
  }

  /**
   * @throws QuorateError RESOLUTION_MISS where the mode says so, RESOLVER_BUSY; the signal's reason
   */
  async resolve(obligation: Obligation, options: ResolveOptions = {}): Promise<Resolution> {
    const { policy = {}, signal } = options;
    if (this.#shared.size >= IN_FLIGHT_MAX) throw tooManyQuestions();
    const asked = this.#asked(obligation, policy, NOTHING_ABOVE);
    const name = `${toHex(asked.key)} ${theoryName(policy)} ${policy.defer === true ? "d" : ""}`;
    const join = this.#shared.join(name, signal, (ends) => this.#search(asked, policy, ends));
    this.counts.question(join.isNew);
    const resolution = await join.answer;
    for (const step of resolution.steps) options.explain?.(step);
    if (resolution.status === "unresolved" && this.#rules.isMissAnError) {
      throw resolutionMiss(toHex(asked.key), this.mode);
    }
    return resolution;
  }

  async #search(asked: Asked, policy: ResolvePolicy, signal: AbortSignal): Promise<Resolution> {
    const { steps, found } = await this.#ask(this.#tiers, asked, signal);
    signal.throwIfAborted();
    const { key } = asked;
    if (found !== undefined) {
      const { proof, from } = found.answer;
      const { tier } = found.step;
      const published = this.#rules.publishes
        ? publishTo(this.#sinks, proof, tier)
        : Promise.resolve([]);
      const trust = { grade: "checked-here", confidence: 1 } as const;
      return { status: "proved", key, proof, tier, from, ...trust, steps, published };
    }
    if (policy.defer !== true) return { status: "unresolved", key, steps };
    return { status: "deferred", key, steps, holdsFor: deferral(asked.obligation) };
  }

  /** Lookups beside each other are asked together; the rest one after another. */
  async #ask(tiers: readonly Tier[], asked: Asked, signal: AbortSignal): Promise<Search> {
    const steps: StepReport[] = [];
    for (let at = 0; at < tiers.length && !signal.aborted;) {
      let end = at + 1;
      while (tiers[at]!.isLookup && tiers[end]?.isLookup === true) end++;
      const group = tiers.slice(at, end);
      const outcomes = tiers[at]!.isLookup
        ? await askLookups(group, asked, signal)
        : [await askTier(group[0]!, asked, signal)];
      for (const { step } of outcomes) {
        steps.push(step);
        this.counts.step(step);
      }
      const last = outcomes.at(-1);
      if (last !== undefined && isFound(last)) return { steps, found: last };
      at = end;
    }
    return { steps, found: undefined };
  }

  #asked(obligation: Obligation, policy: ResolvePolicy, above: ReadonlySet<string>): Asked {
    const closure = new Closure(policy.theory, this.#provedUnder(policy), (cited, within, signal) =>
      this.#proveDependency(cited, policy, within, signal),
    );
    return askedFor(obligation, policy.theory, async (claim, signal) => {
      const judgement = await judgeRecord(obligation, claim, signal);
      return judgement.status === "accept"
        ? closure.judge(judgement.proof, above, signal)
        : judgement;
    });
  }

  async #proveDependency(
    obligation: Obligation,
    policy: ResolvePolicy,
    above: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<readonly Hash[] | undefined> {
    const tiers = this.#tiers.filter(({ name }) => FOR_DEPENDENCIES.has(name));
    const asked = this.#asked(obligation, policy, above);
    const { found } = await this.#ask(tiers, asked, signal);
    return found?.answer.proof.axioms;
  }

  #provedUnder(policy: ResolvePolicy): ProvedKeys {
    const name = theoryName(policy);
    let proved = this.#proved.get(name);
    if (proved === undefined) this.#proved.set(name, (proved = new Map()));
    return proved;
  }
}

interface Search {
  readonly steps: readonly StepReport[];
  readonly found: Found | undefined;
}

type Found = TierOutcome & { readonly answer: Extract<TierOutcome["answer"], { status: "found" }> };

function isFound(outcome: TierOutcome): outcome is Found {
  return outcome.answer.status === "found";
}

function theoryName({ theory }: ResolvePolicy): string {
  return theory === undefined ? "" : toHex(theory.digest(nodeCrypto.hash));
}
