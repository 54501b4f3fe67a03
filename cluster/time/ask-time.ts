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
  address: string,
  answerMsMax: number,
): Promise<TimeAnswer> {
  try {
    const response = await fetch(`http://${address}/time`, {
      signal: AbortSignal.timeout(answerMsMax),
      redirect: "error",
    });
    const time = readTime(await boundedText(response));
    if (response.status === 200 && time !== undefined) return { replica, address, time };
    return { replica, address, why: "its answer cannot be read" };
  } catch (error) {
    const { cause, name } = error as Error & { readonly cause?: NodeJS.ErrnoException };
    const why = name === "TimeoutError" ? `no answer within ${answerMsMax} ms` : "unreachable";
    return { replica, address, why: cause?.code ?? why };
  }
}

async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += (part as Uint8Array).length;
    if (size > ANSWER_BYTES_MAX) return "";
    parts.push(part as Uint8Array);
  }
  return Buffer.concat(parts).toString("utf8");
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
