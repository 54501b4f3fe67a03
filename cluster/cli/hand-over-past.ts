import { hlcMs } from "../../base/hlc.ts";
import type { Hlc } from "../../base/types.ts";
import { entryJson } from "../../client/gateway/api/entry-json.ts";
import type { PastProven, PastResult } from "../../client/types.ts";
import { EXIT_MISS, EXIT_OK } from "./exit-codes.ts";
import type { Frame } from "./frame.ts";
import { missReason } from "./miss-reason.ts";
import * as output from "./write-output.ts";

/** `get --at`: the value, where to find its proof, and for which time it holds. */
export async function handOverPast(
  frame: Frame,
  key: string,
  result: PastResult,
  options: { readonly out?: string; readonly receipt?: string },
): Promise<number> {
  const { terminal } = frame;
  const { namespace, row, value } = result;
  if (options.receipt !== undefined) {
    await output.writeBytesFile(options.receipt, result.receipt());
  }
  const common = { namespace, key, ...pastJson(result), receipt: options.receipt ?? null };
  if (row === undefined || value === undefined) {
    const reason = missReason({ row });
    terminal.result({ found: false, reason, ...common }, []);
    terminal.note(`certified miss: ${namespace}/${key} was ${reason} ${spanText(result)}`);
    return EXIT_MISS;
  }
  const entry = { found: true, ...entryJson(row, undefined), ...common };
  if (options.out !== undefined) {
    await output.writeValueFile(options.out, value.stream());
    terminal.result({ ...entry, out: options.out }, [`${options.out}  ${value.size} bytes`]);
  } else if (terminal.json) {
    terminal.result({ ...entry, valueBase64: await output.jsonValue(value) }, []);
  } else {
    await output.writeValueStream(process.stdout, value.stream());
  }
  terminal.note(`as it was ${spanText(result)}`);
  return EXIT_OK;
}

/** Logical times as decimals: 64 bits do not fit a JSON number. */
export function pastJson({ sequence, time, until }: PastProven): object {
  return { sequence, time: time.toString(), until: until?.toString() ?? null };
}

export function spanText({ time, until }: PastProven): string {
  return until === undefined ? `from ${iso(time)} on` : `from ${iso(time)} until ${iso(until)}`;
}

function iso(time: Hlc): string {
  return new Date(hlcMs(time)).toISOString();
}
