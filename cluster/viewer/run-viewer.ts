import { randomBytes } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { QuorateError } from "../../base/quorate-error.ts";
import { isLoopback } from "../../client/gateway/access/plain-text.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { clusterFolder } from "../cluster-folder.ts";
import type { ClusterFolder } from "../cluster-folder.ts";
import { localNodes } from "../launcher/local-nodes.ts";
import { localEpochs } from "../membership/known-epochs.ts";
import { readClusterFolder } from "../read-genesis.ts";
import { Collector } from "./collector.ts";
import { EntryAnswers } from "./entry-answers.ts";
import type { KnownMember } from "./known-members.ts";
import { StaticSite } from "./static-site.ts";
import { ViewerServer } from "./viewer-server.ts";

export interface ViewerChoice {
  /** A recording; without one, the cluster of `dir` is followed. */
  readonly file: string | undefined;
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  /** Gateways whose counters are shown beside the replicas': their addresses. */
  readonly gateways?: readonly string[];
}

export interface RunningViewer {
  /** What to open in a browser. */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws QuorateError FILE_UNREADABLE, VIEWER_NOT_BUILT, PORT_IN_USE, and those of the folder */
export async function runViewer({
  file,
  dir,
  host,
  port,
  gateways = [],
}: ViewerChoice): Promise<RunningViewer> {
  const site = new StaticSite();
  // What others on this machine may see, others on the network may not.
  const token = isLoopback(host) ? {} : { token: randomBytes(16).toString("hex") };
  if (file !== undefined) {
    const path = readable(file);
    const server = new ViewerServer({ host, port, ...token, file: path }, site, undefined);
    return { url: await server.listen(), close: () => server.close() };
  }
  const folder = clusterFolder(dir);
  const { genesis, text } = readClusterFolder(folder);
  const collector = new Collector({
    genesis,
    epochs: localEpochs(folder, genesis),
    journalFolder: (member) => journalFolder(folder, genesis, member),
    gatewayUrls: gateways,
  });
  const entries = new EntryAnswers(text);
  const server = new ViewerServer({ host, port, ...token, entries }, site, collector.hub);
  try {
    const url = await server.listen();
    return {
      url,
      close: async () => {
        collector.close();
        await server.close();
        await entries.close();
      },
    };
  } catch (error) {
    collector.close();
    throw error;
  }
}

/** Undefined: it runs elsewhere. Whoever joined listens where its folder says, founders where genesis does. */
function journalFolder(
  folder: ClusterFolder,
  genesis: Genesis,
  { number, address }: KnownMember,
): string | undefined {
  const local = localNodes(folder, genesis);
  const node =
    number < genesis.members.length
      ? local.find(({ name }) => name === `node-${number}`)
      : local.findLast((each) => each.address === address);
  return node && folderLayout(node.folder).journal;
}

function readable(file: string): string {
  const path = resolve(file);
  try {
    accessSync(path, constants.R_OK);
    return path;
  } catch (cause) {
    throw new QuorateError(
      "FILE_UNREADABLE",
      `${file} cannot be read`,
      "check the name and your right to read it",
      { cause },
    );
  }
}
