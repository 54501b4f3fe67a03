import { resolve } from "node:path";
import { QuorateError } from "../../base/quorate-error.ts";
import { defaultCacheFolder } from "../../client/cache/cache-folder.ts";
import { freePorts } from "./claim-ports.ts";
import { GATEWAY_HOST, gatewayPortClaim, gatewayUrl } from "./plan-cluster.ts";
import type { LaunchPlan } from "./run-launcher.ts";
import { scriptPath } from "./script-path.ts";

export interface GatewayChoice {
  readonly cluster?: string;
  readonly key?: string;
  readonly cache?: string;
  /** Bytes. */
  readonly cacheSize?: number;
  /** Milliseconds. */
  readonly cacheAge?: number;
  /** A file. */
  readonly accessLog?: string;
  /** Share of hits that are made again, 0 to 1. */
  readonly audit?: number;
  readonly port: number;
  readonly local?: true;
  readonly redisPort?: number;
  readonly memcachedPort?: number;
  readonly grpcPort?: number;
  readonly host?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tokens?: string;
  readonly allowPlainText?: true;
  readonly namespace?: string;
  readonly peerPort?: number;
  readonly peerHost?: string;
  readonly peers?: readonly string[];
}

export interface ResolvedGateway extends GatewayChoice {
  readonly cache: string;
}

/** @throws QuorateError OPTIONS_CONTRADICT */
export function checkGatewayChoice(choice: GatewayChoice & { readonly detach?: true }): void {
  const { cluster, key, local, audit } = choice;
  if ((choice.tlsCert === undefined) !== (choice.tlsKey === undefined)) {
    throw contradiction("--tls-cert and --tls-key are of use together only");
  }
  // Its launcher asks on loopback, and in plain text, whether it lives.
  if (choice.detach && (choice.host !== undefined || choice.tlsCert !== undefined)) {
    throw contradiction("--detach serves this machine only, without --host and --tls-cert");
  }
  if (audit !== undefined && key === undefined) {
    throw contradiction("--audit compares what tools put, and needs --key to take it in");
  }
  if (local && (cluster !== undefined || key !== undefined)) {
    throw contradiction("--local serves without any cluster, so --cluster and --key have no place");
  }
  if (!local && cluster === undefined) {
    throw contradiction("a gateway needs --cluster, the public file, or --local");
  }
}

/** Absolute paths and a port of its own, for a process with another working folder. */
export async function resolveGateway(choice: GatewayChoice): Promise<ResolvedGateway> {
  return {
    ...choice,
    cache: resolve(choice.cache ?? defaultCacheFolder()),
    port: choice.port || ((await freePorts(GATEWAY_HOST, 1))[0] ?? 0),
    ...(choice.cluster === undefined ? {} : { cluster: resolve(choice.cluster) }),
    ...(choice.key === undefined ? {} : { key: resolve(choice.key) }),
    ...(choice.accessLog === undefined ? {} : { accessLog: resolve(choice.accessLog) }),
    ...(choice.tokens === undefined ? {} : { tokens: resolve(choice.tokens) }),
  };
}

/** One gateway alone under a launcher that lives in its cache folder. */
export function planGateway(
  choice: ResolvedGateway,
): LaunchPlan & { readonly launcherArgs: readonly string[] } {
  const { cluster, key, cache, port, local } = choice;
  const args = [
    "gateway",
    ...(cluster === undefined ? [] : ["--cluster", cluster]),
    ...(key === undefined ? [] : ["--key", key]),
    ...["--cache", cache, "--port", String(port)],
    ...(local ? ["--local"] : []),
    ...(choice.accessLog === undefined ? [] : ["--access-log", choice.accessLog]),
    ...(choice.audit === undefined ? [] : ["--audit", String(choice.audit)]),
    ...(choice.cacheSize === undefined ? [] : ["--cache-size", String(choice.cacheSize)]),
    ...(choice.cacheAge === undefined
      ? []
      : ["--cache-age", `${Math.max(1, Math.round(choice.cacheAge / 1000))}s`]),
    ...(choice.redisPort === undefined ? [] : ["--redis-port", String(choice.redisPort)]),
    ...(choice.memcachedPort === undefined
      ? []
      : ["--memcached-port", String(choice.memcachedPort)]),
    ...(choice.grpcPort === undefined ? [] : ["--grpc-port", String(choice.grpcPort)]),
    ...(choice.peerPort === undefined ? [] : ["--peer-port", String(choice.peerPort)]),
    ...(choice.peerHost === undefined ? [] : ["--peer-host", choice.peerHost]),
    ...(choice.peers === undefined ? [] : ["--peers", choice.peers.join(",")]),
    ...(choice.tokens === undefined ? [] : ["--tokens", choice.tokens]),
    ...(choice.namespace === undefined ? [] : ["--namespace", choice.namespace]),
  ];
  const url = gatewayUrl(port);
  return {
    folder: cache,
    script: scriptPath(),
    gatewayUrl: url,
    // It serves without its cluster too: that it lives is all that is waited for.
    children: [{ name: "gateway", args, readyUrl: `${url}/healthz` }],
    ports: [gatewayPortClaim(port, "--port")],
    servesWithout: (missing) => missing.size === 0,
    launcherArgs: args,
  };
}

function contradiction(message: string): QuorateError {
  return new QuorateError("OPTIONS_CONTRADICT", message, "see quorate gateway --help");
}
