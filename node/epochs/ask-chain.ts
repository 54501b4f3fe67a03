import { getBounded } from "../../base/host/get-bounded.ts";
import { originOf } from "../../base/host/replica-agents.ts";
import type { ReplicaAgents } from "../../base/host/replica-agents.ts";
import type { Epoch } from "../../base/types.ts";
import { FRAME_BYTES_MAX } from "../../consensus/limits.ts";
import { chainCodec } from "../../consensus/wire/configuration.ts";

/** Some kilobytes over a link that works; an address where nobody answers is asked again soon. */
const ASK_MS_MAX = 2_000;

/**
 * The links from this epoch on, as whoever listens at the address tells them. Not believed here:
 * `Epochs.follow` verifies each. Undefined: no answer, or none that can be read.
 */
export async function askChain(
  address: string,
  from: Epoch,
  agents: ReplicaAgents,
): Promise<readonly Uint8Array[] | undefined> {
  const bounds = { bytesMax: FRAME_BYTES_MAX, timeoutMs: ASK_MS_MAX };
  const body = await getBounded(`${originOf(address)}/chain/${from}`, bounds, agents.of(address));
  return body && chainCodec.tryDecode(body)?.links;
}
