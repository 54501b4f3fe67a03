import type { Missing } from "../launcher/detached.ts";
import type { PreparedCluster } from "../launcher/prepare-cluster.ts";
import { FOLDER_DEFAULT } from "./options.ts";

export interface UpAnswer {
  readonly dir: string;
  readonly name: string;
  readonly n: number;
  readonly f: number;
  /** Of the launcher. */
  readonly pid: number;
  readonly gateway: string;
  readonly replicas: readonly { readonly id: number; readonly address: string }[];
  /** Those that do not serve although the cluster does. */
  readonly notReady: readonly { readonly name: string; readonly reason: string }[];
}

export function upAnswer(prepared: PreparedCluster, pid: number, missing: Missing): UpAnswer {
  const { plan, genesis } = prepared;
  return {
    dir: plan.folder,
    name: genesis.name,
    n: genesis.members.length,
    f: genesis.faultyMax,
    pid,
    gateway: plan.gatewayUrl ?? "",
    replicas: genesis.members.map(({ address }, id) => ({ id, address })),
    notReady: missing.map(([name, reason]) => ({ name, reason })),
  };
}

/** What a newcomer needs next; `dir` as it was typed, `quorate` as it can be typed. */
export function upLines(answer: UpAnswer, dir: string, quorate: string): string[] {
  const at = dir === FOLDER_DEFAULT ? "" : ` --dir ${dir}`;
  return [
    `quorate is up: ${answer.n} replicas, of which ${answer.f} may lie`,
    ...answer.notReady.map(({ name, reason }) => `  ! ${name} does not serve: ${reason}`),
    "",
    `  gateway  ${answer.gateway}`,
    `  ccache   export CCACHE_REMOTE_STORAGE=${answer.gateway}/cache`,
    `  write    ${quorate} put${at} default greeting README.md`,
    `  read     ${quorate} get${at} default greeting`,
    `  status   ${quorate} status${at}`,
    `  logs     ${answer.dir}/logs`,
  ];
}
