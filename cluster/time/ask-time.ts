import { askBounded } from "../../base/host/get-bounded.ts";
import { originOf, ReplicaAgents } from "../../base/host/replica-agents.ts";
import type { Member } from "../../consensus/committee.ts";
import type { TimeStatus } from "../../node/time/time-status.ts";

export type TimeAnswer =
  | { readonly replica: number; readonly address: string; readonly time: TimeStatus }
  | { readonly replica: number; readonly address: string; readonly why: string };

/** Five hundred servers, each with a line of its own. */
const ANSWER_BYTES_MAX = 256 * 1024;
/** What a liar says goes to a terminal: letters and no commands. */
const PLAIN = /^[ -~]{0,300}$/;

/** Asks one replica for its account of its clock; its word only. Never throws. */
export async function askTime(
  replica: number,
  { address, publicKey }: Member,
  answerMsMax: number,
): Promise<TimeAnswer> {
  const agents = new ReplicaAgents({ keyOf: () => publicKey });
  const bounds = { bytesMax: ANSWER_BYTES_MAX, timeoutMs: answerMsMax };
  try {
    const body = await askBounded(`${originOf(address)}/time`, bounds, agents.of(address));
    const time = body && readTime(Buffer.from(body).toString("utf8"));
    if (time !== undefined) return { replica, address, time };
    return { replica, address, why: "its answer cannot be read" };
  } catch (error) {
    const { code, message, name } = error as NodeJS.ErrnoException;
    if (name === "AbortError")
      return { replica, address, why: `no answer within ${answerMsMax} ms` };
    return { replica, address, why: code ?? message };
  }
}

function readTime(text: string): TimeStatus | undefined {
  try {
    const time = JSON.parse(text) as TimeStatus;
    const numbers = [time.timeMs, time.machineMs, time.leadMs, time.driftPpm];
    const texts = [time.state, ...time.servers.flatMap((one) => [one.name, one.verdict, one.why])];
    const isSound =
      numbers.every((value) => Number.isFinite(value)) &&
      [time.errorMs, ...time.servers.flatMap((one) => [one.offsetMs, one.errorMs])].every(
        (value) => value === null || Number.isFinite(value),
      ) &&
      texts.every((value) => value === null || (typeof value === "string" && PLAIN.test(value)));
    return isSound ? time : undefined;
  } catch {
    return undefined;
  }
}
