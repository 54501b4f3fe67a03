import { join } from "node:path";
import { QuorateError } from "../../base/quorate-error.ts";
import { claimPorts } from "./claim-ports.ts";
import type { PortClaim } from "./claim-ports.ts";
import { endOrphans } from "./end-orphans.ts";
import { removeLauncherState, writeLauncherState } from "./launcher-state.ts";
import type { LauncherPhase } from "./launcher-state.ts";
import { identityOf } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { waitUntilReady } from "./ready.ts";
import type { ChildEnd, ChildSpec } from "./supervised-child.ts";
import { Supervisor } from "./supervisor.ts";
import { takeLauncherLock } from "./take-launcher-lock.ts";

export interface LaunchPlan {
  /** Holds `run/` and `logs/`. */
  readonly folder: string;
  /** What every child runs: bin/quorate.js. */
  readonly script: string;
  readonly children: readonly ChildSpec[];
  readonly ports: readonly PortClaim[];
  readonly gatewayUrl?: string | undefined;
  /** Whether it serves although these children do not. */
  readonly servesWithout: (missing: ReadonlySet<string>) => boolean;
  /** Children that have come to be since: started once they are seen. */
  readonly childrenNow?: () => readonly ChildSpec[];
}

export interface LauncherEvents {
  /** While it starts: who is not ready yet, and why. */
  readonly onWaiting: (missing: ReadonlyMap<string, string>) => void;
  /** It serves; `missing` names those that still do not. */
  readonly onServing: (missing: ReadonlyMap<string, string>) => void;
  readonly onEnd: (end: ChildEnd) => void;
}

export interface LauncherSignals {
  /** Ends everything in order. */
  readonly stop: AbortSignal;
  /** Ends everything at once. */
  readonly kill: AbortSignal;
}

/** A replica that replays a full log needs some seconds on a slow disk. */
const READY_MS_MAX = 60_000;
/** Once a quorum serves, how long the rest is waited for. */
const REST_MS_MAX = 5_000;
/** A new replica's folder is seen so soon: one listing of a small folder. */
const ADOPT_MS = 250;
/** A child that died this often before anything served will not come. */
const START_FAILURES_MAX = 3;

/**
 * Runs all children until told to stop, and leaves nothing behind however it ends.
 * @throws QuorateError UP_ALREADY_RUNNING, PORT_IN_USE, PORT_UNUSABLE, CLUSTER_NOT_READY
 */
export async function runLauncher(
  plan: LaunchPlan,
  events: LauncherEvents,
  signals: LauncherSignals,
): Promise<void> {
  const release = takeLauncherLock(plan.folder);
  try {
    await endOrphans(plan.folder);
    await claimPorts(plan.ports);
    await superviseUntilStopped(plan, events, signals);
  } finally {
    release();
  }
}

async function superviseUntilStopped(
  plan: LaunchPlan,
  events: LauncherEvents,
  signals: LauncherSignals,
): Promise<void> {
  const launch = new Launch(plan, events);
  const kill = (): void => void launch.supervisor.kill();
  signals.kill.addEventListener("abort", kill);
  let adopter: NodeJS.Timeout | undefined;
  try {
    launch.enter("starting");
    launch.supervisor.start();
    const missing = await launch.waitUntilServing(signals.stop);
    if (signals.stop.aborted) return;
    launch.enter("serving");
    events.onServing(missing);
    adopter = setInterval(() => launch.adopt(), ADOPT_MS);
    await aborted(signals.stop);
  } finally {
    clearInterval(adopter);
    launch.enter("stopping");
    await launch.supervisor.stop();
    signals.kill.removeEventListener("abort", kill);
    removeLauncherState(plan.folder);
  }
}

/** One run of the children: its phase, and what its state file says. */
class Launch {
  readonly supervisor: Supervisor;
  readonly #plan: LaunchPlan;
  readonly #events: LauncherEvents;
  readonly #own: ProcessIdentity = identityOf(process.pid) ?? { pid: process.pid, startTime: "" };
  /** Deaths before anything served, by name. */
  readonly #startFailures = new Map<string, ChildEnd[]>();
  #phase: LauncherPhase = "starting";

  constructor(plan: LaunchPlan, events: LauncherEvents) {
    this.#plan = plan;
    this.#events = events;
    this.supervisor = new Supervisor(
      { children: plan.children, script: plan.script, logFolder: join(plan.folder, "logs") },
      { now: Date.now, onChange: () => this.#record(), onEnd: (end) => this.#onEnd(end) },
    );
  }

  enter(phase: LauncherPhase): void {
    this.#phase = phase;
    this.#record();
  }

  /** A folder that cannot be listed now is listed again. */
  adopt(): void {
    const known = new Set(this.supervisor.names);
    try {
      for (const spec of this.#plan.childrenNow?.() ?? []) {
        if (!known.has(spec.name)) this.supervisor.add(spec);
      }
    } catch {
      // The next look finds it.
    }
  }

  /** Answers who still does not serve, and why. @throws QuorateError CLUSTER_NOT_READY */
  async waitUntilServing(stop: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const plan = this.#plan;
    let restUntil = Number.POSITIVE_INFINITY;
    const timeout = AbortSignal.timeout(READY_MS_MAX);
    const { missing } = await waitUntilReady(
      plan.children.map(({ name, readyUrl }) => ({ name, url: readyUrl })),
      {
        signal: AbortSignal.any([stop, timeout]),
        onAnswers: this.#events.onWaiting,
        enough: (missing) => {
          if (missing.size === 0 || !plan.servesWithout(this.#hopeless())) return true;
          if (!plan.servesWithout(new Set(missing.keys()))) return false;
          restUntil = Math.min(restUntil, performance.now() + REST_MS_MAX);
          return performance.now() > restUntil;
        },
      },
    );
    if (!stop.aborted && !plan.servesWithout(new Set(missing.keys()))) {
      throw this.#notReady(missing);
    }
    return missing;
  }

  #onEnd(end: ChildEnd): void {
    if (this.#phase === "stopping") return;
    if (this.#phase === "starting") {
      this.#startFailures.set(end.name, [...(this.#startFailures.get(end.name) ?? []), end]);
    }
    this.#events.onEnd(end);
  }

  #hopeless(): ReadonlySet<string> {
    const often = [...this.#startFailures].filter(([, ends]) => ends.length >= START_FAILURES_MAX);
    return new Set(often.map(([name]) => name));
  }

  #notReady(missing: ReadonlyMap<string, string>): QuorateError {
    const reasons = [...missing].map(([name, why]) => {
      const words = this.#startFailures.get(name)?.at(-1)?.lastWords.split("\n")[0];
      return `${name}: ${words || why}`;
    });
    const { folder } = this.#plan;
    return new QuorateError(
      "CLUSTER_NOT_READY",
      `not enough of the cluster became ready: ${reasons.join("; ")}`,
      `look into ${join(folder, "logs")}, or ask: quorate doctor --dir ${folder}`,
    );
  }

  /** A full disk must not bring a running cluster down: the state file then waits. */
  #record(): void {
    try {
      writeLauncherState(this.#plan.folder, {
        format: 1,
        ...this.#own,
        phase: this.#phase,
        gatewayUrl: this.#plan.gatewayUrl,
        children: this.supervisor.states,
      });
    } catch {
      // The next change writes it whole.
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
}
