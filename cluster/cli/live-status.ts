import type { Genesis } from "../../consensus/genesis.ts";
import type { ClusterFolder } from "../cluster-folder.ts";
import { localEpochs } from "../membership/known-epochs.ts";
import { clusterStatus } from "../status/cluster-status.ts";
import type { ClusterStatus } from "../status/cluster-status.ts";
import type { Terminal } from "./terminal.ts";

const REFRESH_MS = 2000;
const ANSWER_MS_MAX = 1000;
const ROOT_SHOWN = 12;

/** Keeps the terminal's last line up to date where somebody watches. Answers how to end it. */
export function liveStatus(
  terminal: Terminal,
  { folder, genesis }: { readonly folder: ClusterFolder; readonly genesis: Genesis },
): () => void {
  if (!terminal.live) return () => undefined;
  let ended = false;
  let asking = false;
  const refresh = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    const { newest } = localEpochs(folder, genesis);
    const status = await clusterStatus(genesis, newest, ANSWER_MS_MAX);
    asking = false;
    if (!ended) terminal.showLive(statusLine(status));
  };
  void refresh();
  const timer = setInterval(() => void refresh(), REFRESH_MS);
  return () => {
    ended = true;
    clearInterval(timer);
    terminal.clearLive();
  };
}

export function statusLine(status: ClusterStatus): string {
  const ready = status.replicas.filter((replica) => replica.ready);
  const sequence = Math.max(0, ...ready.map((replica) => replica.sequence ?? 0));
  const heads = ready.filter((replica) => replica.sequence === sequence);
  const root = heads[0]?.stateRoot?.slice(0, ROOT_SHOWN) ?? "-";
  return [
    `${ready.length}/${status.n} ready`,
    `view ${status.view ?? "-"}`,
    `primary ${status.primary ?? "-"}`,
    `sequence ${sequence}`,
    `root ${root} (${heads.length} at it)`,
    `entries ${heads[0]?.entries ?? 0}`,
  ].join(" · ");
}
