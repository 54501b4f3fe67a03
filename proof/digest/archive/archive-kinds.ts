import { fromUtf8, utf8 } from "../../../base/bytes.ts";
import type { ArtifactKind } from "../artifact-kind.ts";
import { ArchiveDigester } from "./archive-digester.ts";
import type { ArchiveRules } from "./archive-rules.ts";
import { Malformed } from "./malformed.ts";

/**
 * What nx prints when it takes a task's result from the cache. The log itself holds process
 * numbers, paths and warnings of one machine: no two builders agree on it, and it may be private.
 */
const NX_LOG = utf8("(the log of this task stayed on the machine that ran it)\n");

export const NX_RULES: ArchiveRules = {
  id: "nx-artifact/1",
  required: ["code"],
  replaced: new Map([["terminalOutput", { bytesMax: 0, replace: () => NX_LOG }]]),
};

/** Values that say where, when and by whom; with what Gradle can read in their place. */
const GRADLE_FIXED: ReadonlyMap<string, string> = new Map([
  ["buildInvocationId", "aaaaaaaaaaaaaaaaaaaaaaaaaa"],
  ["creationTime", "0"],
  ["executionTime", "0"],
  ["hostName", "-"],
  ["operatingSystem", "-"],
  ["rootPath", "-"],
  ["userName", "-"],
]);
const METADATA_BYTES_MAX = 64 * 1024;

export const GRADLE_RULES: ArchiveRules = {
  id: "gradle-artifact/1",
  required: ["METADATA"],
  replaced: new Map([["METADATA", { bytesMax: METADATA_BYTES_MAX, replace: gradleMetadata }]]),
};

/** Java properties, sorted, without comments. @throws Malformed */
function gradleMetadata(content: Uint8Array): Uint8Array {
  const text = content.length < METADATA_BYTES_MAX ? fromUtf8(content) : undefined;
  if (text === undefined) throw new Malformed("the metadata cannot be read");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const fixed = lines.map((line) => {
    const equals = line.indexOf("=");
    if (equals < 1 || /[\r\u0085]/.test(line)) throw new Malformed("the metadata cannot be read");
    const name = line.slice(0, equals);
    const value = GRADLE_FIXED.get(name);
    return value === undefined ? line : `${name}=${value}`;
  });
  return utf8(`${[...new Set(fixed)].sort().join("\n")}\n`);
}

/** One task's outputs and its exit code. */
export const nxArtifact1: ArtifactKind = archiveKind(NX_RULES);

/** One task's outputs. */
export const gradleArtifact1: ArtifactKind = archiveKind(GRADLE_RULES);

function archiveKind(rules: ArchiveRules): ArtifactKind {
  return {
    id: rules.id,
    mutability: "immutable",
    expands: true,
    startDigest: (startHash) => new ArchiveDigester(rules, startHash),
    startRewrite: undefined,
  };
}
