import { setTimeout as sleep } from "node:timers/promises";
import type { Prng } from "../../base/prng.ts";
import { NAMESPACE, sha256 } from "./client-loop.ts";
import type { Recorder } from "./recorder.ts";

export interface GatewayLoopOptions {
  readonly url: string;
  readonly prng: Prng;
  readonly recorder: Recorder;
  readonly pauseMs: number;
  readonly stopping: AbortSignal;
  /** Of each key that the gateway took: SHA-256 of its value. It must reach the cluster. */
  readonly taken: Map<string, string>;
}

/** A door never waits longer than two seconds for the cluster. */
const ANSWER_MS_MAX = 10_000;
const VALUE_BYTES_MAX = 4_000;

/**
 * A build tool behind a gateway: puts and gets over HTTP. A hit must have the right bytes; a miss is
 * allowed at any time, and counted.
 */
export async function runGatewayLoop(options: GatewayLoopOptions): Promise<void> {
  const { url, prng, recorder, stopping, taken } = options;
  for (let turn = 0; !stopping.aborted; turn++) {
    const key = `door-${turn}`;
    const value = prng.bytes(1 + prng.below(VALUE_BYTES_MAX));
    const address = `${url}/cache/${NAMESPACE}/${key}`;
    const put = await ask(address, { method: "PUT", body: value });
    if (put?.status === 201) taken.set(key, sha256(value));
    const known = [...taken.keys()][prng.below(Math.max(1, taken.size))];
    if (known !== undefined) {
      const got = await ask(`${url}/cache/${NAMESPACE}/${known}`, {});
      if (got?.status === 200 && sha256(got.body) !== taken.get(known)) recorder.wrongBytes++;
    }
    await sleep(options.pauseMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

async function ask(
  url: string,
  request: { readonly method?: string; readonly body?: Uint8Array },
): Promise<{ readonly status: number; readonly body: Uint8Array } | undefined> {
  try {
    const { body, ...rest } = request;
    const answer = await fetch(url, {
      ...rest,
      ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    return { status: answer.status, body: new Uint8Array(await answer.arrayBuffer()) };
  } catch {
    return undefined;
  }
}
