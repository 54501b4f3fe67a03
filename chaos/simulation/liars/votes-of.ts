import type { Vote } from "../../../consensus/wire/certificate.ts";
import { peekVotePack } from "../../../consensus/take-apart.ts";
import { Refusal } from "../../../consensus/refusal.ts";

export function votesOf(body: Uint8Array): readonly Vote[] {
  const peeked = peekVotePack(body);
  return peeked instanceof Refusal ? [] : peeked.votes;
}
