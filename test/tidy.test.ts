import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/**
 * The house rules as tests. The first table is the architecture drawing that cannot go stale: a
 * room may import exactly the places listed behind it, and nothing else of the project.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Longest prefix of a file's path decides which row holds for it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "base/": ["base/"],
  "base/host/": ["base/", "consensus/crypto.ts"],
  "consensus/": ["base/", "consensus/"],
  "proof/": ["base/", "proof/"],
  "node/": ["base/", "consensus/", "proof/", "node/"],
  "client/": [
    "base/",
    "proof/",
    "client/",
    "consensus/wire/",
    ...[
      "map-proof",
      "state-keys",
      "node-hash",
      "revocation-chain",
      "whole-subtree",
      "policy-subtree",
    ].map((file) => `consensus/map/${file}.ts`),
    "consensus/receipt/",
    "consensus/epochs/",
    "consensus/execution/outcomes.ts",
    ...["limits", "hashing", "signing", "committee", "crypto", "genesis", "genesis-file"].map(
      (file) => `consensus/${file}.ts`,
    ),
    "consensus/namespace.ts",
    "consensus/expiry.ts",
    ...["verified", "verifier", "certificates", "statement-certificate", "build-write-set"].map(
      (file) => `consensus/${file}.ts`,
    ),
  ],
  "cluster/": ["base/", "consensus/", "proof/", "node/", "client/", "cluster/"],
  "chaos/": ["base/", "consensus/", "proof/", "node/", "client/", "cluster/", "chaos/"],
  // The peer that is hurt beside us is the one that is raced against.
  "chaos/peers/": ["chaos/peers/", "bench/peers/"],
  "viz/": [
    "base/",
    "viz/",
    "client/receipt/verify-receipt.ts",
    "client/receipt/receipt-file.ts",
    "consensus/receipt/",
    "consensus/committee.ts",
  ],
  "bench/": ["base/", "consensus/", "proof/", "node/", "client/", "cluster/", "bench/"],
};

/** What the rooms without effects may not name, because each is a clock, a socket or a die. */
const IMPURE: readonly RegExp[] = [
  /\bDate\b/,
  /\bMath\.random\b/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bprocess\./,
  /\bBuffer\b/,
  /\bperformance\b/,
  /["']node:/,
];
const PURE_ROOMS = ["base/", "consensus/", "proof/", "viz/model/"];
const LINES_MAX = 500;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Without comments and strings' contents kept: enough for the rules below. */
  readonly code: string;
}

const sources: readonly SourceFile[] = Object.keys(MAY_IMPORT)
  .filter((room) => room.split("/").length === 2)
  .flatMap((room) => listSources(join(root, room)));
const products = sources.filter((file) => !isTest(file.path));

describe("who may import whom", () => {
  it.each(products.map((file) => [file.path, file] as const))("%s", (path, file) => {
    const allowed = rowFor(path);
    const strangers = importsOf(file).filter(
      (target) => !allowed.some((place) => target.startsWith(place)),
    );
    expect(strangers).toEqual([]);
  });

  it("has no cycle between files", () => {
    expect(findCycle(products)).toBeUndefined();
  });
});

describe("rooms without effects", () => {
  const pure = products.filter(
    (file) =>
      PURE_ROOMS.some((room) => file.path.startsWith(room)) && !file.path.startsWith("base/host/"),
  );

  it.each(pure.map((file) => [file.path, file.code] as const))("%s is pure", (_path, code) => {
    expect(IMPURE.filter((word) => word.test(code)).map(String)).toEqual([]);
  });

  it("construct a verified message in one file only", () => {
    const makers = products.filter((file) => /\bas Verified</.test(file.code));
    expect(makers.map((file) => file.path)).toEqual(["consensus/verifier.ts"]);
  });
});

describe("size and shape", () => {
  it(`no file passes ${LINES_MAX} lines`, () => {
    const long = sources.filter((file) => file.text.split("\n").length > LINES_MAX);
    expect(long.map((file) => file.path)).toEqual([]);
  });

  it("functions stay under 70 lines: the linter's rule is on and not loosened", () => {
    const lint = JSON.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8")) as {
      rules: Record<string, [string, { max: number }]>;
    };
    expect(lint.rules["max-lines-per-function"]?.[0]).toBe("error");
    expect(lint.rules["max-lines-per-function"]?.[1].max).toBeLessThanOrEqual(70);
  });

  it("no barrel file, no utils, no Manager", () => {
    const banned = /(?:^|\/)(?:index|utils?|helpers?|common|.*-manager)\.ts$/;
    expect(sources.map((file) => file.path).filter((path) => banned.test(path))).toEqual([]);
  });

  it("nothing is left half done", () => {
    const marks = /\b(?:TODO|FIXME|XXX|HACK)\b|@ts-(?:ignore|expect-error|nocheck)|\bas any\b/;
    const found = sources.filter(
      (file) => file.path !== "test/tidy.test.ts" && marks.test(file.text),
    );
    expect(found.map((file) => file.path)).toEqual([]);
  });

  it("every room that is built has sources, for a fresh clone has no empty folder", () => {
    const build = JSON.parse(readFileSync(join(root, "tsconfig.build.json"), "utf8")) as {
      include: string[];
    };
    expect(build.include.filter((room) => listSources(join(root, room)).length === 0)).toEqual([]);
  });

  it("every room has a README", () => {
    const rooms = [
      "base",
      "consensus",
      "proof",
      "node",
      "client",
      "cluster",
      "bench",
      "chaos",
      "test",
      "viz",
    ];
    expect(rooms.filter((room) => !existsSync(join(root, room, "README.md")))).toEqual([]);
  });
});

describe("documents say what the code does", () => {
  it("docs/errors.md lists exactly the codes that the code can throw", () => {
    const thrown = new Set<string>();
    for (const file of products) {
      for (const match of file.code.matchAll(/new QuorateError\(\s*"([A-Z0-9_]+)"/g)) {
        thrown.add(match[1] as string);
      }
      for (const match of file.code.matchAll(/errorCode: "([A-Z0-9_]+)"/g)) {
        thrown.add(match[1] as string);
      }
    }
    expect(tableColumn("docs/errors.md")).toEqual([...thrown].sort());
  });

  it("docs/exit-codes.md lists exactly the exit codes of the command line", () => {
    const text = readFileSync(join(root, "cluster/cli/exit-codes.ts"), "utf8");
    const declared = [...text.matchAll(/^export const EXIT_[A-Z_]+ = (\d+);/gm)].map((match) =>
      Number(match[1]),
    );
    const listed = tableColumn("docs/exit-codes.md").map(Number);
    expect(listed.sort((a, b) => a - b)).toEqual([...new Set(declared)].sort((a, b) => a - b));
  });

  it("every command that a document shows exists", () => {
    const commands = new Set(
      ["cluster/cli/commands", "chaos/cli/commands"].flatMap((folder) =>
        readdirSync(join(root, folder)).map((name) => name.replace(/(?:\.test)?\.ts$/, "")),
      ),
    );
    const shown = ["README.md", "SECURITY.md", "CONTRIBUTING.md"].flatMap((document) =>
      [
        ...readFileSync(join(root, document), "utf8").matchAll(
          /(?<![.\w/])quorate ([a-z]+)(?: ([a-z]+))?/g,
        ),
      ].map((match) => ({ document, first: match[1] as string, second: match[2] })),
    );
    const missing = shown.filter(
      ({ first, second }) =>
        !commands.has(first) && !commands.has(`${first}-${second ?? ""}`) && !PROSE.has(first),
    );
    expect(missing).toEqual([]);
  });

  it("every npm script that a document shows exists", () => {
    const scripts = (
      JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object }
    ).scripts;
    const shown = ["README.md", "CONTRIBUTING.md"].flatMap((document) =>
      [...readFileSync(join(root, document), "utf8").matchAll(/npm run ([a-z:]+)/g)].map(
        (m) => m[1],
      ),
    );
    expect(shown.filter((name) => !Object.hasOwn(scripts, name as string))).toEqual([]);
  });

  it("every runtime dependency has its reason, and there are at most 15", () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    const names = Object.keys(dependencies);
    expect(names.length).toBeLessThanOrEqual(15);
    expect(names.filter((name) => !/^\d+\.\d+\.\d+$/.test(dependencies[name] as string))).toEqual(
      [],
    );
    expect(tableColumn("docs/dependencies.md")).toEqual(names.sort());
  });
});

/** Words that follow the project's name in a sentence and are no command. */
const PROSE: ReadonlySet<string> = new Set([
  "is",
  "and",
  "does",
  "will",
  "never",
  "serves",
  "cannot",
]);

function isTest(path: string): boolean {
  return (
    /\.(?:test|case)\.ts$/.test(path) || path.includes("/testing/") || path.startsWith("test/")
  );
}

function listSources(folder: string): SourceFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts"),
    )
    .map((entry) => {
      const full = join(entry.parentPath, entry.name);
      const text = readFileSync(full, "utf8");
      return { path: relative(root, full), text, code: withoutComments(text) };
    });
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
}

function importsOf(file: SourceFile): string[] {
  const specifiers = [
    ...file.code.matchAll(/\bfrom\s+["'](\.[^"']+)["']/g),
    ...file.code.matchAll(/\bimport\s*\(\s*["'](\.[^"']+)["']/g),
    ...file.code.matchAll(/\bimport\s+["'](\.[^"']+)["']/g),
  ];
  return specifiers.map((match) =>
    relative(root, resolve(root, dirname(file.path), match[1] as string)),
  );
}

function rowFor(path: string): readonly string[] {
  const rows = Object.keys(MAY_IMPORT).filter((row) => path.startsWith(row));
  const longest = rows.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? [] : (MAY_IMPORT[longest] ?? []);
}

/** Type-only imports are erased, so only those that run can close a cycle. */
function findCycle(files: readonly SourceFile[]): string[] | undefined {
  const edges = new Map(
    files.map((file) => [file.path, importsOf({ ...file, code: withoutTypeImports(file.code) })]),
  );
  const done = new Set<string>();
  const open: string[] = [];
  function visit(path: string): string[] | undefined {
    if (done.has(path)) return undefined;
    const at = open.indexOf(path);
    if (at >= 0) return [...open.slice(at), path];
    open.push(path);
    for (const next of edges.get(path) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    open.pop();
    done.add(path);
    return undefined;
  }
  for (const file of files) {
    const cycle = visit(file.path);
    if (cycle) return cycle;
  }
  return undefined;
}

function withoutTypeImports(code: string): string {
  return code.replace(/\b(?:import|export)\s+type\s[\s\S]*?from\s+["'][^"']+["']/g, "");
}

/** First column of a document's table, without heading and code marks, as sorted as it stands. */
function tableColumn(document: string): string[] {
  return readFileSync(join(root, document), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => (line.split("|")[1] ?? "").trim().replaceAll("`", ""));
}
