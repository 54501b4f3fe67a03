import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { lockFolder } from "../../base/host/folder-lock.ts";
import { defaultCacheFolder } from "../cache/cache-folder.ts";
import { DiskTier } from "../cache/disk-tier.ts";
import { DISK_AGE_MS_MAX, DISK_BYTES_MAX, MEMORY_BYTES_MAX } from "../cache/limits.ts";
import { LocalCache } from "../cache/local-cache.ts";
import { MemoryTier } from "../cache/memory-tier.ts";
import { FRESHNESS_MS_MAX } from "../limits.ts";
import { startPeers } from "../resolve/peers/start-peers.ts";
import type { Client, Signer } from "../types.ts";
import { Access } from "./access/access.ts";
import { readTokenFile } from "./access/token-file.ts";
import { refusePlainText } from "./access/plain-text.ts";
import { readTlsIdentity } from "./access/tls-identity.ts";
import type { TlsFiles, TlsIdentity } from "./access/tls-identity.ts";
import { AuditChoice } from "./audit/audit-choice.ts";
import { AuditLog } from "./audit/audit-log.ts";
import { Auditor } from "./audit/auditor.ts";
import { allDoors } from "./doors/all-doors.ts";
import { openNixKey } from "./doors/nix-key.ts";
import { DoorTable } from "./doors/door-table.ts";
import { FeedDoor } from "./feed/feed-door.ts";
import { RequestFeed } from "./feed/request-feed.ts";
import { Gateway } from "./gateway.ts";
import type { GatewayDependencies, GatewaySettings } from "./gateway.ts";
import { startHttpServer } from "./http-server.ts";
import { Journal } from "./journal/journal.ts";
import type { JournalBounds } from "./journal/journal.ts";
import { ACCESS_LOG_BYTES_MAX } from "./limits.ts";
import { LineLog } from "./line-log.ts";
import { LocalStore } from "./local-store.ts";
import { gatewayRegistry } from "./metrics.ts";
import type { Told } from "./traffic.ts";
import { WriterKeys } from "./writer-keys.ts";
import { startTextDoors } from "./text-doors/start-text-doors.ts";

export interface GatewayOptions {
  /** `cluster.json`, text or parsed; undefined: local mode, L1 and L2 only. */
  readonly genesis?: string | object | undefined;
  /** The writer's key; undefined: read-only. */
  readonly signer?: Signer | undefined;
  /** Cache and journal. Default: `$XDG_CACHE_HOME/quorate`. */
  readonly folder?: string | undefined;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default 0: any free port. */
  readonly port?: number | undefined;
  /** Serve proven entries while no fresh certificate can be had. Default true. */
  readonly allowStale?: boolean | undefined;
  readonly freshnessMsMax?: number | undefined;
  readonly doorDeadlineMs?: number | undefined;
  /** How long a DELETE waits for its receipt. */
  readonly withdrawalDeadlineMs?: number | undefined;
  readonly memoryBytesMax?: number | undefined;
  readonly diskBytesMax?: number | undefined;
  /** What nobody used for longer leaves the disk. */
  readonly diskAgeMsMax?: number | undefined;
  readonly journal?: JournalBounds | undefined;
  /** Port of the Redis door, on loopback whatever `host` is; 0: any free one. Default: none. */
  readonly redisPort?: number | undefined;
  /** The same for the memcached door. */
  readonly memcachedPort?: number | undefined;
  /** Port of the Remote Execution API over gRPC, on `host`; 0: any free one. Default: none. */
  readonly grpcPort?: number | undefined;
  /** For Redis and memcached, whose keys name none. Default: `default`. */
  readonly textNamespace?: string | undefined;
  /** Who may read and write what (docs/access.md). Default: everybody who reaches the port. */
  readonly tokenFile?: string | undefined;
  /** Serve tools on other machines without encryption. Default false. */
  readonly allowPlainText?: boolean | undefined;
  /** TLS 1.3 on the HTTP and the gRPC port. Default: plain text. */
  readonly tls?: TlsFiles | undefined;
  /** Port on which other gateways ask for proofs; 0: any free one. Default: none. */
  readonly peerPort?: number | undefined;
  /** Default 127.0.0.1. */
  readonly peerHost?: string | undefined;
  /** Other gateways that are asked: `host:port`. */
  readonly peers?: readonly string[] | undefined;
  /** One JSON line for each request of a tool; two files of 64 MiB at most. Default: none. */
  readonly accessLog?: string | undefined;
  /** Share of the certified hits, 0 to 1, that tools are to make again for comparison. Default 0. */
  readonly auditShare?: number | undefined;
  /** Tests only: by which the keys are chosen. Default: 32 random bytes. */
  readonly auditSecret?: Uint8Array | undefined;
  /** Tests only: by which a day ends. */
  readonly auditNowMs?: (() => number) | undefined;
  readonly headerMsMax?: number | undefined;
  readonly bodySweepMs?: number | undefined;
  readonly connectionCountMax?: number | undefined;
  /** What gRPC's connections may hold in messages that are not whole. */
  readonly heldBytesMax?: number | undefined;
}

export interface RunningGateway {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly redisPort: number | undefined;
  readonly memcachedPort: number | undefined;
  readonly peerPort: number | undefined;
  readonly grpcPort: number | undefined;
  /** Takes no more requests, ends those under way, keeps the journal for the next start. */
  close(): Promise<void>;
}

const DEFAULT_HOST = "127.0.0.1";

/** How a client is had, tried until it succeeds. */
export type Connect = (signal: AbortSignal) => Promise<Client>;

/**
 * Starts one gateway in this process, around a client that is handed in; without one in local
 * mode. It serves at once, whether or not a cluster can be reached.
 * @throws QuorateError FOLDER_IN_USE, PORT_IN_USE, PORT_UNUSABLE, PLAIN_TEXT, TLS_UNUSABLE,
 *   TOKENS_UNSAFE, TOKENS_MALFORMED
 */
export async function startGateway(
  options: GatewayOptions,
  connect: Connect | undefined,
): Promise<RunningGateway> {
  const folder = gatewayFolder(options);
  const host = options.host ?? DEFAULT_HOST;
  const tls = options.tls && readTlsIdentity(options.tls);
  refusePlainText(host, tls !== undefined || options.allowPlainText === true);
  const tokens = options.tokenFile === undefined ? undefined : readTokenFile(options.tokenFile);
  const lock = lockFolder(join(folder, "gateway"));
  const open: (() => Promise<void>)[] = [async () => lock.release()];
  const closeAll = async (): Promise<void> => {
    for (const close of open.reverse()) await close();
  };
  try {
    const memory = new MemoryTier({ bytesMax: options.memoryBytesMax ?? MEMORY_BYTES_MAX });
    const disk = await DiskTier.open({
      folder: join(folder, "cache"),
      bytesMax: options.diskBytesMax ?? DISK_BYTES_MAX,
      ageMsMax: options.diskAgeMsMax ?? DISK_AGE_MS_MAX,
      settles: true,
    });
    const cache = new LocalCache({ memory, disk });
    open.push(() => cache.close());
    const journal = await Journal.open(join(folder, "journal"), options.journal);
    const log = accessLogOf(options, open);
    const feed = new FeedDoor();
    const requests = new RequestFeed(feed);
    const gateway = new Gateway(settingsOf(options, connect === undefined), {
      connect: connect ?? (() => Promise.reject(new Error("a local gateway has no cluster"))),
      store: new LocalStore({ memory, cache }),
      journal,
      ...auditorOf(options, cache),
      writers: new WriterKeys(tokens?.signers),
      onTold: (told) => {
        log?.(told);
        requests.take(told);
      },
    });
    open.push(() => gateway.close());
    const registry = gatewayRegistry(gateway, () => cache.tierCounts());
    const access = new Access(gateway, tokens);
    const server = await startHttpServer(
      { ...options, host, port: options.port ?? 0, tls },
      {
        gateway,
        doors: new DoorTable(allDoors({ nixKey: openNixKey(join(folder, "gateway")) })),
        registry,
        ...{ access, feed },
      },
    );
    open.push(() => server.close());
    open.push(async () => feed.close());
    const text = await startTextDoors(options, access);
    open.push(() => text.close());
    const grpcPort = await openGrpc({ ...options, host, tls }, { gateway, access }, open);
    const peers = await startPeers(options, folder, () => gateway.client);
    open.push(() => peers.close());
    const { redisPort, memcachedPort } = text;
    const { port } = server;
    const ports = { port, redisPort, memcachedPort, grpcPort, peerPort: peers.port };
    return { url: urlOf(host, port, tls !== undefined), host, ...ports, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Loaded only where it is asked for: gRPC's library takes longer than all the rest. */
async function openGrpc(
  options: Omit<GatewayOptions, "tls"> & {
    readonly host: string;
    readonly tls: TlsIdentity | undefined;
  },
  { gateway, access }: { readonly gateway: Gateway; readonly access: Access },
  open: (() => Promise<void>)[],
): Promise<number | undefined> {
  const { grpcPort: port } = options;
  if (port === undefined) return undefined;
  const { startReapi } = await import("./doors/reapi/start-reapi.ts");
  const reapi = await startReapi({ ...options, port }, gateway, access);
  open.push(() => reapi.close());
  return reapi.port;
}

export function gatewayFolder(options: GatewayOptions): string {
  return options.folder ?? defaultCacheFolder();
}

function accessLogOf(
  { accessLog }: GatewayOptions,
  open: (() => Promise<void>)[],
): ((told: Told) => void) | undefined {
  if (accessLog === undefined) return undefined;
  const lines = new LineLog(accessLog, ACCESS_LOG_BYTES_MAX);
  open.push(() => lines.flush());
  return (told) => lines.add(JSON.stringify(told));
}

function auditorOf(
  options: GatewayOptions,
  cache: LocalCache,
): Pick<GatewayDependencies, "auditor"> {
  const { auditShare = 0, auditSecret = randomBytes(32) } = options;
  if (auditShare === 0) return {};
  const choice = new AuditChoice(auditShare, auditSecret);
  const log = new AuditLog(auditFolder(gatewayFolder(options)));
  return {
    auditor: (client) =>
      new Auditor({
        ...{ choice, log, client, nowMs: options.auditNowMs },
        valueOf: (digest) => cache.getValue(digest),
      }),
  };
}

/** Where the audit log of a gateway lies, by the gateway's own folder. */
export function auditFolder(folder: string): string {
  return join(folder, "audit");
}

function settingsOf(options: GatewayOptions, local: boolean): GatewaySettings {
  return {
    local,
    readOnly: !local && options.signer === undefined,
    allowStale: options.allowStale ?? true,
    freshnessMsMax: options.freshnessMsMax ?? FRESHNESS_MS_MAX,
    doorDeadlineMs: options.doorDeadlineMs,
    withdrawalDeadlineMs: options.withdrawalDeadlineMs,
  };
}

function urlOf(host: string, port: number, isSecure: boolean): string {
  return `${isSecure ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
