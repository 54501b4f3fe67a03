import { join } from "node:path";
import { readKeyFile } from "../../base/host/key-file.ts";
import { Prng } from "../../base/prng.ts";
import { connect } from "../../client/connect.ts";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import type { RunningGateway } from "../../client/gateway/run-gateway.ts";
import type { Client } from "../../client/types.ts";
import type { ChaosCluster } from "../cluster/chaos-cluster.ts";
import { runClientLoop } from "./client-loop.ts";
import { runGatewayLoop } from "./gateway-loop.ts";
import { Recorder } from "./recorder.ts";

export interface WorkloadOptions {
  readonly cluster: ChaosCluster;
  readonly scratch: string;
  readonly seed: number;
  readonly clientCount: number;
  /** Calls under way at each client. */
  readonly processesPerClient: number;
  readonly pauseMs: number;
}

/** Many clients through the library and one build tool through a gateway, until it is stopped. */
export class Workload {
  readonly recorder: Recorder;
  /** What the gateway took, by key: SHA-256 of the value. */
  readonly taken = new Map<string, string>();
  readonly #clients: readonly Client[];
  readonly #gateway: RunningGateway;
  readonly #stopping = new AbortController();
  readonly #loops: readonly Promise<void>[];

  private constructor(
    options: WorkloadOptions,
    clients: readonly Client[],
    gateway: RunningGateway,
  ) {
    this.recorder = new Recorder(performance.now());
    this.#clients = clients;
    this.#gateway = gateway;
    const { recorder } = this;
    const { signal: stopping } = this.#stopping;
    const { seed, processesPerClient, pauseMs } = options;
    const loops = clients.flatMap((client, number) =>
      Array.from({ length: processesPerClient }, (_, place) => {
        const process = number * processesPerClient + place;
        const prng = new Prng(seed * 1_009 + process);
        return runClientLoop({ process, client, prng, recorder, pauseMs, stopping });
      }),
    );
    const door = {
      ...{ url: gateway.url, prng: new Prng(seed * 1_009 + 997), recorder, stopping },
      ...{ pauseMs: 10 * Math.max(1, pauseMs), taken: this.taken },
    };
    this.#loops = [...loops, runGatewayLoop(door)];
  }

  static async start(options: WorkloadOptions): Promise<Workload> {
    const { cluster, clientCount, scratch } = options;
    const { genesis } = cluster;
    const signer = readKeyFile(cluster.folder.writerKey);
    const clients = await Promise.all(
      Array.from({ length: clientCount }, () => connect({ genesis, signer })),
    );
    const gateway = await runGateway({ genesis, signer, folder: join(scratch, "gateway") });
    return new Workload(options, clients, gateway);
  }

  /** Lets what is under way come to its end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** Only when all that it took is in the cluster: what it holds is safe with it. */
  closeGateway(): Promise<void> {
    return this.#gateway.close();
  }
}
