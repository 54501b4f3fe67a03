import { fromHex, fromUtf8, toHex, utf8 } from "../../../base/bytes.ts";
import { HASH_SIZE } from "../../../base/types.ts";
import type { Hash } from "../../../base/types.ts";
import { isLabelCharacter } from "../../../proof/metamath/label-character.ts";

const FIRST_LINE = "quorate metamath database 1";

/** What a database calls an obligation. */
export interface Labelled {
  readonly label: string;
  readonly key: Hash;
}

/** The entry's name under which the list of an imported database stands. */
export function manifestName(database: string): string {
  return `mm/${database}`;
}

/** A line for each axiom and theorem, in the order of the source: what is cited comes first. */
export function encodeManifest(labelled: readonly Labelled[]): Uint8Array {
  const lines = labelled.map(({ label, key }) => `${toHex(key)} ${label}\n`);
  return utf8(`${FIRST_LINE}\n${lines.join("")}`);
}

/** Undefined: it is none. */
export function decodeManifest(bytes: Uint8Array): readonly Labelled[] | undefined {
  const lines = fromUtf8(bytes)?.split("\n");
  if (lines?.[0] !== FIRST_LINE || lines.at(-1) !== "") return undefined;
  const labelled: Labelled[] = [];
  for (const line of lines.slice(1, -1)) {
    const key = fromHex(line.slice(0, 2 * HASH_SIZE));
    const label = line.slice(2 * HASH_SIZE + 1);
    const isWhole = key?.length === HASH_SIZE && line.charAt(2 * HASH_SIZE) === " ";
    if (!isWhole || label === "" || !utf8(label).every(isLabelCharacter)) return undefined;
    labelled.push({ label, key: key as Hash });
  }
  return labelled;
}
