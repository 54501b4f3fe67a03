import { toHex } from "../../base/bytes.ts";
import { hlcMs } from "../../base/hlc.ts";
import { ENTRY_CONFIRMED, ENTRY_DISPUTED, ENTRY_PENDING } from "../../consensus/wire/rows.ts";
import type { EntryRow, EntryVote } from "../../consensus/wire/rows.ts";

/** Who stands behind one of the answers. */
export interface AnswerJson {
  readonly digest: string;
  readonly kind: string;
  readonly served: boolean;
  readonly by: readonly {
    readonly operator: string;
    readonly writer: string;
    readonly time: string;
  }[];
}

export interface ContestedJson {
  readonly namespace: string;
  readonly key: string;
  /** 64 hexadecimal digits: what to name it by when it has no name. */
  readonly keyDigest: string;
  readonly state: string;
  readonly answers: readonly AnswerJson[];
}

const STATES: Readonly<Record<number, string>> = {
  [ENTRY_PENDING]: "pending",
  [ENTRY_CONFIRMED]: "served",
  [ENTRY_DISPUTED]: "disputed",
};

export function contestedJson(row: EntryRow): ContestedJson {
  const keyDigest = toHex(row.key);
  const groups = new Map<string, EntryVote[]>();
  for (const vote of row.votes) {
    const answer = `${vote.kind} ${toHex(vote.semanticDigest)}`;
    groups.set(answer, [...(groups.get(answer) ?? []), vote]);
  }
  const served = row.state === ENTRY_CONFIRMED ? toHex(row.semanticDigest) : "";
  return {
    namespace: row.namespace,
    key: row.name === "" ? keyDigest : row.name,
    keyDigest,
    state: STATES[row.state] ?? "withdrawn",
    answers: [...groups.values()].map((votes) => answerJson(votes, served)),
  };
}

function answerJson(votes: readonly EntryVote[], served: string): AnswerJson {
  const [{ kind, semanticDigest }] = votes as readonly [EntryVote];
  const digest = toHex(semanticDigest);
  const by = votes.map(({ operator, writer, time }) => ({
    operator,
    writer: toHex(writer),
    time: new Date(hlcMs(time)).toISOString(),
  }));
  return { digest, kind, served: digest === served, by };
}

export function contestedLines(entry: ContestedJson): string[] {
  return [
    `${entry.state.padEnd(9)} ${entry.namespace}/${entry.key}`,
    ...entry.answers.map(({ digest, kind, served, by }) => {
      const who = by.map(({ operator, time }) => `${operator} at ${time}`).join(", ");
      return `  ${digest.slice(0, 16)}  ${kind}  by ${who}${served ? "  (served)" : ""}`;
    }),
  ];
}
