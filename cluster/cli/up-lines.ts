import type { Missing } from "../launcher/detached.ts";
import type { PreparedCluster } from "../launcher/prepare-cluster.ts";
import { VIEWER_NAME, viewerUrl } from "../launcher/plan-cluster.ts";
import { FOLDER_DEFAULT } from "./options.ts";

export interface UpAnswer {
  readonly dir: string;
  readonly name: string;
  readonly n: number;
  readonly f: number;
  /** Of the launcher. */
  readonly pid: number;
  readonly gateway: string;
  /** The page that shows the cluster. */
  readonly viewer: string;
  readonly replicas: readonly { readonly id: number; readonly address: string }[];
  /** Those that do not serve although the cluster does. */
  readonly notReady: readonly { readonly name: string; readonly reason: string }[];
}

/** How the person at the terminal calls things. */
export interface Typed {
  readonly quorate: string;
  readonly dir: string;
}

/** What `up` says once it serves, for machines and for people. */
export function upResult(
  prepared: PreparedCluster,
  pid: number,
  missing: Missing,
  typed: Typed,
): [answer: UpAnswer, lines: readonly string[]] {
  const answer = upAnswer(prepared, pid, missing);
  return [answer, upLines(answer, typed)];
}

function upAnswer(prepared: PreparedCluster, pid: number, missing: Missing): UpAnswer {
  const { plan, genesis } = prepared;
  return {
    dir: plan.folder,
    name: genesis.name,
    n: genesis.members.length,
    f: genesis.faultyMax,
    pid,
    gateway: plan.gatewayUrl ?? "",
    viewer: viewerUrl(prepared.viewerPort),
    replicas: genesis.members.map(({ address }, id) => ({ id, address })),
    // The page is there a moment later; nothing waits for it.
    notReady: missing
      .filter(([name]) => name !== VIEWER_NAME)
      .map(([name, reason]) => ({ name, reason })),
  };
}

/** What a newcomer needs next. */
function upLines(answer: UpAnswer, { dir, quorate }: Typed): string[] {
  const at = dir === FOLDER_DEFAULT ? "" : ` --dir ${dir}`;
  return [
    `quorate is up: ${answer.n} replicas, of which ${answer.f} may lie`,
    ...answer.notReady.map(({ name, reason }) => `  ! ${name} does not serve: ${reason}`),
    "",
    `  gateway  ${answer.gateway}`,
    `  viewer   ${answer.viewer}`,
    `  ccache   export CCACHE_REMOTE_STORAGE=${answer.gateway}/cache`,
    `  write    ${quorate} put${at} default greeting README.md`,
    `  read     ${quorate} get${at} default greeting`,
    `  status   ${quorate} status${at}`,
    `  logs     ${answer.dir}/logs`,
  ];
}
