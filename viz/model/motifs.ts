import { membersOf, NOBODY } from "./instances.ts";
import { NONE } from "./event-table.ts";
import { kindNumber } from "./kinds.ts";
import type { Recording } from "./recording.ts";

/** Shapes in the graph that a person looks for by name: `motif:equivocation`. */
export const MOTIFS = ["equivocation", "quorum", "stuck", "retransmission", "difference"] as const;
export type Motif = (typeof MOTIFS)[number];

export function isMotif(text: string): text is Motif {
  return (MOTIFS as readonly string[]).includes(text);
}

/** So many equal requests of one author are a storm. */
const STORM_COUNT_MIN = 3;

export function motifRows(recording: Recording, motif: Motif): ReadonlySet<number> {
  switch (motif) {
    case "equivocation":
      return equivocations(recording);
    case "quorum":
      return quorums(recording);
    case "stuck":
      return stuck(recording);
    case "difference":
      return differences(recording);
    default:
      return retransmissions(recording);
  }
}

/** One author's votes of one kind for two digests of one (view, sequence). */
function equivocations({ table }: Recording): Set<number> {
  const votes = new Set([kindNumber("proposed"), kindNumber("voted")]);
  const seen = new Map<string, number>();
  const found = new Set<number>();
  for (let row = 0; row < table.count; row++) {
    if (!votes.has(table.kind.at(row)) || table.digest.at(row) === 0) continue;
    const epoch = Number(table.detailValueOf(row, "epoch") ?? 0);
    const place = `${table.lane.at(row)} ${epoch} ${table.view.at(row)} ${table.slot.at(row)}`;
    const first = seen.get(place);
    if (first === undefined) seen.set(place, row);
    else if (table.digest.at(first) !== table.digest.at(row)) found.add(first).add(row);
  }
  return found;
}

/** The first moment at which a sequence was certified by a quorum. */
function quorums({ instances, configurations }: Recording): Set<number> {
  const rows = new Set<number>();
  for (const { slot, certifiedRow, signers } of instances.inOrder()) {
    const { members, quorum } = configurations.of(slot);
    const enough = signers === NOBODY || membersOf(signers, members).length >= quorum;
    if (certifiedRow !== NONE && enough) rows.add(certifiedRow);
  }
  return rows;
}

/** What was proposed and never committed, although later sequences were. */
function stuck({ instances }: Recording): Set<number> {
  const rows = new Set<number>();
  let committedMax = 0;
  for (const { slot, committedRow } of instances.inOrder()) {
    if (committedRow !== NONE) committedMax = Math.max(committedMax, slot);
  }
  for (const { slot, proposedRow, committedRow } of instances.inOrder()) {
    if (proposedRow !== NONE && committedRow === NONE && slot < committedMax) rows.add(proposedRow);
  }
  return rows;
}

/** The same request again and again by one author. */
function retransmissions({ table }: Recording): Set<number> {
  const request = kindNumber("request");
  const groups = new Map<string, number[]>();
  for (let row = 0; row < table.count; row++) {
    if (table.kind.at(row) !== request || table.digest.at(row) === 0) continue;
    const name = `${table.lane.at(row)} ${table.digest.at(row)}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
  }
  return new Set([...groups.values()].filter(({ length }) => length >= STORM_COUNT_MIN).flat());
}

/** What the run that this one is compared with does not have. */
function differences({ comparison }: Recording): Set<number> {
  const rows = new Set<number>();
  for (const [row, only] of comparison?.onlyHere.entries() ?? []) if (only === 1) rows.add(row);
  return rows;
}
