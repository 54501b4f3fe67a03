import { assertUnreachable } from "../../base/assert.ts";
import type { Epoch, Sequence } from "../../base/types.ts";
import { outcomeText } from "../../consensus/execution/outcomes.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import type { RootSubscribers } from "../client-api/root-subscribers.ts";
import type { SubmitDesk } from "../client-api/submit-desk.ts";
import type { Accused, EvidenceFolder } from "../evidence-folder.ts";
import type { HaltLatch } from "../halt-latch.ts";
import type { Logger } from "../log.ts";
import type { Figures } from "../metrics/figures.ts";
import type { CertifiedRoots } from "./certified-roots.ts";
import type { Effect, Effects } from "./event-loop.ts";
import type { StateTransfer } from "./state-transfer.ts";
import type { ValueDesk } from "./value-desk.ts";
import type { ValueKeeperDependencies } from "./value-keeper.ts";
import { keepValues } from "./value-keeper.ts";

export interface HostEffectsDependencies {
  readonly figures: Figures;
  readonly roots: CertifiedRoots;
  readonly submits: SubmitDesk;
  readonly subscribers: RootSubscribers;
  readonly values: ValueKeeperDependencies;
  readonly desk: ValueDesk;
  readonly transfer: StateTransfer;
  readonly evidence: Pick<EvidenceFolder, "keep">;
  readonly epoch: Epoch;
  readonly latch: Pick<HaltLatch, "set">;
  readonly log: Logger;
  readonly truncate: (below: Sequence) => void;
  readonly certified: (certificate: StatementCertificate) => void;
}

/** What the outputs that need no durability do here, in the order of their steps. */
export class HostEffects implements Effects {
  readonly #dependencies: HostEffectsDependencies;

  constructor(dependencies: HostEffectsDependencies) {
    this.#dependencies = dependencies;
  }

  carryOut(output: Effect): void {
    const { figures, roots, submits, subscribers, desk, transfer, log } = this.#dependencies;
    switch (output.type) {
      case "executed":
        this.#executed(output);
        break;
      case "certified":
        if (roots.certified(output.certificate)) this.#shown();
        this.#dependencies.certified(output.certificate);
        break;
      case "fresh":
        roots.fresh(output.heartbeats);
        subscribers.changed();
        break;
      case "refused":
        submits.onRefused(output.digest, output.reason);
        desk.close(output.digest);
        break;
      case "transfer":
        log.info("state transfer begins");
        transfer.begin(output.certificate);
        break;
      case "view":
        if (output.active && output.view > 0) figures.viewChanges++;
        log.info({ view: output.view, active: output.active }, "view");
        break;
      case "evidence":
        this.#evidence(output);
        break;
      case "halt":
        this.#dependencies.latch.set(
          output.what,
          output.proofs,
          roots.newest?.certificate,
          output.kind,
        );
        this.#keep("certificates", output);
        log.fatal({ what: output.what }, "halted: more than f replicas lie; an operator must look");
        break;
      case "dropped":
        figures.drops.add(`replica: ${output.why}`);
        break;
      default:
        assertUnreachable(output);
    }
  }

  endTurn(): void {
    this.#dependencies.subscribers.flush();
  }

  truncate(below: Sequence): void {
    this.#dependencies.truncate(below);
  }

  #executed(output: Extract<Effect, { readonly type: "executed" }>): void {
    const { figures, roots, submits, desk, values } = this.#dependencies;
    const { sequence, writeSets } = output;
    figures.batches++;
    figures.writeSets += writeSets.length;
    for (const executed of writeSets) {
      const { writeSet, result } = executed;
      figures.writes += writeSet.writes.length;
      for (const { code } of result?.outcomes ?? []) {
        figures.notAccepted.add(outcomeText(code).name);
      }
      if (!writeSet.inline) desk.executed(executed);
    }
    keepValues(values, writeSets);
    submits.onExecuted(sequence, writeSets);
    if (roots.executed(sequence)) this.#shown();
  }

  #shown(): void {
    const { roots, submits, subscribers } = this.#dependencies;
    const root = roots.newest;
    if (root !== undefined) submits.onCertified(root);
    subscribers.changed();
  }

  #evidence(output: Extract<Effect, { readonly type: "evidence" }>): void {
    const { author, what } = output;
    if (this.#keep(author, output)) {
      this.#dependencies.log.warn({ author, what }, "a replica contradicts itself");
    }
  }

  /** A disk that takes nothing more must not end the replica that found a liar. */
  #keep(
    accused: Accused,
    { kind, proofs }: Extract<Effect, { readonly type: "evidence" | "halt" }>,
  ): boolean {
    const { evidence, log, figures } = this.#dependencies;
    try {
      return evidence.keep(accused, kind, proofs, this.#dependencies.epoch);
    } catch (error) {
      figures.drops.add("evidence-not-kept");
      log.error({ err: error, accused }, "evidence could not be kept");
      return false;
    }
  }
}
