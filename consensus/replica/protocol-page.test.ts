import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FRAME } from "../wire/frame.ts";

/** docs/protocol is pseudo-code that the code carries out: the two must name the same lines. */
const folder = import.meta.dirname;
const page = readFileSync(join(folder, "../../docs/protocol/README.md"), "utf8");
/** The state machine, and around it what takes a replica from one epoch to the next. */
const rooms = [".", "../epochs", "../execution", "../../node/epochs"];
const sources = rooms.flatMap((room) =>
  readdirSync(join(folder, room))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => ({ name, text: readFileSync(join(folder, room, name), "utf8") })),
);

const linesIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/\bL\d{2,3}\b/g)].map(([line]) => line)),
];

/** Headings name files; the block below one defines its lines. */
const sections = page
  .split(/^## /m)
  .map((section) => ({
    files: [...section.split("\n")[0]!.matchAll(/`([a-z-]+\.ts)`/g)].map((match) => match[1]!),
    defined: [...section.matchAll(/^(L\d{2,3}) /gm)].map((match) => match[1]!),
  }))
  .filter(({ defined }) => defined.length > 0);
const defined = sections.flatMap((section) => section.defined);

describe("the pseudo-code", () => {
  it("defines each line once, in order", () => {
    const numbers = defined.map((line) => Number(line.slice(1)));
    expect(numbers).toEqual([...new Set(numbers)].sort((left, right) => left - right));
    expect(numbers.length).toBeGreaterThan(30);
  });

  it.each(sections.flatMap(({ files, defined }) => defined.map((line) => [line, files] as const)))(
    "%s is carried out in a file of its section",
    (line, files) => {
      const carriers = sources.filter(({ text }) => linesIn(text).includes(line));
      expect(carriers.map(({ name }) => name).filter((name) => files.includes(name))).not.toEqual(
        [],
      );
    },
  );

  it("defines every line that the code names, and every line that it names itself", () => {
    const named = [page, ...sources.map(({ text }) => text)].flatMap(linesIn);
    expect(named.filter((line) => !defined.includes(line))).toEqual([]);
  });
});

describe("the message table", () => {
  const table = page.split("\n").filter((line) => line.startsWith("|"));
  const words = new Set(table.flatMap((line) => line.split("|")[1]!.match(/[a-z-]+/g) ?? []));
  const spelled = (name: string): string =>
    name.replace(/[A-Z]/g, (one) => `-${one.toLowerCase()}`);
  const between = Object.entries(FRAME).filter(([, number]) => number < 40);
  /** Frames that carry several of the messages in the table. */
  const CARRIERS = new Map([
    ["vote-pack", ["pre-prepare", "prepare", "commit", "acknowledgement"]],
    ["signed", ["statement", "heartbeat", "view-change", "new-view"]],
    ["forward", ["write"]],
  ]);

  it.each(between.map(([name]) => spelled(name)))("has the frame %s", (name) => {
    for (const message of CARRIERS.get(name) ?? [name]) expect(words).toContain(message);
  });
});
