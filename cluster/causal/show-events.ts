import { utf8 } from "../../base/bytes.ts";
import type { CausalAnswer, CausalGraph } from "../../base/journal/causal-graph.ts";
import type { Frame } from "../cli/frame.ts";
import { writeBytesFile } from "../cli/write-output.ts";
import { answerGraph, shapeOf } from "./answer-graph.ts";
import type { AnswerShape } from "./answer-graph.ts";
import { exportEvents, lineOf, toJson } from "./export-events.ts";
import type { LoadedJournals } from "./load-journals.ts";
import type { CausalOptions } from "./options.ts";

/** Prints a part of a graph, or writes it to a file; always says how much of it is shown. */
export async function showEvents(
  frame: Frame,
  { header }: LoadedJournals,
  shown: { readonly graph: CausalGraph; readonly answer: CausalAnswer },
  options: Pick<CausalOptions, "format" | "out">,
): Promise<void> {
  const { graph, answer } = shown;
  const events = answer.events.map((index) => graph.event(index));
  const summary = `showing ${events.length} of ${answer.count} events`;
  const whole = answerGraph(graph, answer.events);
  const shape = whole === undefined ? undefined : shapeOf(whole);
  if (options.out !== undefined) {
    await writeBytesFile(options.out, utf8(exportEvents(options.format, header, events)));
    frame.terminal.result({ written: options.out, shown: events.length, of: answer.count }, []);
  } else if (options.format === "lines") {
    const json = { ...toJson(header, events), shape, shown: events.length, of: answer.count };
    frame.terminal.result(json, events.map(lineOf));
  } else {
    const text = exportEvents(options.format, header, events);
    frame.terminal.result(toJson(header, events), [text.trimEnd()]);
  }
  frame.terminal.note(shape === undefined ? summary : `${summary}${endsOf(shape)}`);
}

/** Where an answer that hangs together begins and ends; one of many ends says nothing. */
function endsOf({ first, last }: AnswerShape): string {
  if (first.length !== 1 || last.length !== 1 || first[0] === last[0]) return "";
  return `, from ${first[0]} to ${last[0]}`;
}
