import {
  committedCodec,
  nodesCodec,
  rowsCodec,
  stableCodec,
} from "../../../consensus/wire/agreement.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { Liar, LyingFrame, Strategy } from "./liar.ts";

/** What it lies about for a while: who was caught with nodes is not asked for rows any more. */
type Subject = "nodes" | "rows" | "gone" | "certificates";
const SUBJECTS: readonly Subject[] = ["nodes", "rows", "rows", "gone", "certificates"];
const SUBJECT_LASTS_MS = 6000;

/** Wrong nodes, wrong rows, wrong certificates, or "it is gone" to whoever asks. */
export const lieInTransfer: Strategy = {
  name: "lie-in-transfer",
  send(frame, liar) {
    const body = lieOf(frame, liar);
    return [body === undefined ? frame : { ...frame, body }];
  },
};

function subjectOf(liar: Liar): Subject {
  const period = Math.floor(liar.surroundings.world.nowMs / SUBJECT_LASTS_MS);
  const held = liar.memory.get("transfer subject") as [number, Subject] | undefined;
  if (held?.[0] === period) return held[1];
  const subject = SUBJECTS[liar.prng.below(SUBJECTS.length)] as Subject;
  liar.memory.set("transfer subject", [period, subject]);
  return subject;
}

function lieOf({ kind, body }: LyingFrame, liar: Liar): Uint8Array | undefined {
  const subject = subjectOf(liar);
  switch (kind) {
    case FRAME.nodes: {
      const nodes = nodesCodec.tryDecode(body);
      if (nodes === undefined) return undefined;
      if (subject === "gone") return nodesCodec.encode({ ...nodes, gone: true, nodes: [] });
      if (subject !== "nodes") return undefined;
      return nodesCodec.encode({ ...nodes, nodes: nodes.nodes.map((node) => flipped(node, liar)) });
    }
    case FRAME.rows: {
      const rows = rowsCodec.tryDecode(body);
      if (rows === undefined || subject !== "rows") return undefined;
      return rowsCodec.encode({ ...rows, rows: rows.rows.map((row) => flipped(row, liar)) });
    }
    case FRAME.stable: {
      const stable = stableCodec.tryDecode(body);
      if (stable === undefined) return undefined;
      const { statement, signatures } = stable.certificate;
      const first = signatures[0];
      const doubled = first === undefined ? signatures : signatures.map(() => first);
      const certificate = liar.prng.chance(0.5)
        ? { statement, signatures: doubled }
        : { statement: flipped(statement, liar), signatures };
      return stableCodec.encode({ certificate });
    }
    case FRAME.committed: {
      const committed = committedCodec.tryDecode(body);
      if (committed === undefined) return undefined;
      const { commit, batch } = committed;
      const first = commit.votes[0];
      const votes = first === undefined ? [] : commit.votes.map(() => first);
      const sequence = (commit.sequence + 1) as typeof commit.sequence;
      const lie = liar.prng.chance(0.5) ? { ...commit, votes } : { ...commit, sequence };
      return committedCodec.encode({ commit: lie, batch });
    }
    default:
      return undefined;
  }
}

export function flipped(bytes: Uint8Array, liar: Liar): Uint8Array {
  const changed = bytes.slice();
  const at = liar.prng.below(changed.length);
  if (changed.length > 0) changed[at] = (changed[at] as number) ^ (1 << liar.prng.below(8));
  return changed;
}
