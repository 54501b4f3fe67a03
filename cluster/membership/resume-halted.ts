import { request } from "node:http";
import { getBounded } from "../../base/host/get-bounded.ts";
import { originOf, ReplicaAgents } from "../../base/host/replica-agents.ts";
import { fromHex, fromUtf8, toHex } from "../../base/bytes.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import type { Hash, PublicKey } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import { resumeCodec } from "../../consensus/wire/resume.ts";

/** What a member says of its latch; nobody has signed it. */
export interface HaltedMember {
  readonly index: number;
  readonly address: string;
  /** "unreachable", "runs", "halted", and after an order "resumed" or "refused: …". */
  readonly state: string;
  readonly what: string;
  /** The evidence's name in hex; null: it told none. */
  readonly evidence: string | null;
}

const ASK_MS_MAX = 5_000;
const ANSWER_BYTES_MAX = 4_096;

/** Every member's own account. */
export function askHalted({ members }: Committee): Promise<HaltedMember[]> {
  const agents = agentsOf(members);
  return Promise.all(
    members.map(async ({ address }, index) => {
      const bounds = { bytesMax: ANSWER_BYTES_MAX, timeoutMs: ASK_MS_MAX };
      const body = await getBounded(`${originOf(address)}/halt`, bounds, agents.of(address));
      const told = parse(body && fromUtf8(body));
      if (told === undefined) {
        return { index, address, state: "unreachable", what: "", evidence: null };
      }
      const { halted, what, evidence } = told;
      const state = halted === true ? "halted" : "runs";
      const name = typeof evidence === "string" ? evidence : null;
      return { index, address, state, what: printable(what), evidence: name };
    }),
  );
}

/** Signs the order and brings it to each member that this evidence has halted. */
export async function resumeHalted(
  committee: Committee,
  members: readonly HaltedMember[],
  evidence: Hash,
  administrator: SigningKey,
): Promise<HaltedMember[]> {
  const { clusterId, epoch } = committee;
  const message = signingBytes(DOMAIN.resume, clusterId, epoch, evidence);
  const { publicKey } = administrator;
  const signature = administrator.sign(message);
  const order = toHex(resumeCodec.encode({ epoch, evidence, administrator: publicKey, signature }));
  const agents = agentsOf(committee.members);
  return Promise.all(
    members.map(async (member) => {
      if (member.state !== "halted" || member.evidence !== toHex(evidence)) return member;
      return { ...member, state: await bring(member.address, order, agents) };
    }),
  );
}

function bring(address: string, order: string, agents: ReplicaAgents): Promise<string> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(ASK_MS_MAX);
    const options = { method: "POST", agent: agents.of(address), signal };
    const call = request(`${originOf(address)}/resume/${order}`, options, (answer) => {
      answer.resume();
      const { statusCode } = answer;
      if (statusCode === 200) resolve("resumed");
      else resolve(`refused: ${statusCode === 403 ? "no administrator's key" : "other evidence"}`);
    });
    call.on("error", () => resolve("unreachable"));
    call.end();
  });
}

function agentsOf(members: Committee["members"]): ReplicaAgents {
  const keyOf = (address: string): PublicKey | undefined =>
    members.find((member) => member.address === address)?.publicKey;
  return new ReplicaAgents({ keyOf });
}

function parse(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Anybody may have written it. */
function printable(what: unknown): string {
  return typeof what === "string" ? what.replaceAll(/[^ -~]/g, "?").slice(0, 200) : "";
}

/** 64 hex digits. */
export function evidenceName(text: string): Hash | undefined {
  const bytes = fromHex(text);
  return bytes?.length === 32 ? (bytes as Hash) : undefined;
}
