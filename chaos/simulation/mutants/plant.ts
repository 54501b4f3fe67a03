import {
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { invariant } from "../../../base/assert.ts";
import type { Mutant } from "./mutant.ts";

/** Where a mutant's text stands, however the compiler broke the line. */
export function patternOf(find: string): RegExp {
  const words = find.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(words.join("\\s+"), "g");
}

/** What a bug is made of: one line of the source and what stands there instead. */
export type PlantedLine = Pick<Mutant, "name" | "file" | "find" | "replace">;

/** The text with the bug in it; undefined: what it replaces does not stand there exactly once. */
export function mutate(
  text: string,
  mutant: Pick<PlantedLine, "find" | "replace">,
): string | undefined {
  const pattern = patternOf(mutant.find);
  if ([...text.matchAll(pattern)].length !== 1) return undefined;
  return text.replace(pattern, () => mutant.replace);
}

/**
 * A copy of the built project with one bug in it, by hard links but for the file that differs. The
 * switch of a mutant is the folder that is run: nothing in the product knows of it.
 */
export function plant(dist: string, mutant: PlantedLine, into: string): void {
  rmSync(into, { recursive: true, force: true });
  const target = join(into, "dist");
  copyLinked(dist, target);
  symlinkSync(join(dirname(dist), "node_modules"), join(into, "node_modules"));
  cpSync(join(dirname(dist), "package.json"), join(into, "package.json"));
  const file = join(target, mutant.file.replace(/\.ts$/, ".js"));
  const changed = mutate(readFileSync(file, "utf8"), mutant);
  invariant(changed !== undefined, "a mutant finds its place", { mutant: mutant.name });
  // A new file, not a write through the link.
  rmSync(file);
  writeFileSync(file, changed);
}

function copyLinked(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyLinked(source, target);
    else if (entry.name.endsWith(".js")) link(source, target);
  }
}

/** Across file systems there are no hard links. */
function link(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    cpSync(source, target);
  }
}
