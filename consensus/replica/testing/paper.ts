import { toHex } from "../../../base/bytes.ts";
import { Refusal } from "../../refusal.ts";
import { peekVotePack } from "../../take-apart.ts";
import { signedCodec } from "../../wire/certificate.ts";
import type { SignedType, Vote } from "../../wire/certificate.ts";
import { FRAME } from "../../wire/frame.ts";
import type { Output } from "../output.ts";
import type { Flying, TestCluster } from "./test-cluster.ts";
import type { TestHost } from "./test-host.ts";

/** Words for the tests of Castro and Liskov's duties. */

export function votesIn(frame: Flying): readonly Vote[] {
  const peeked = frame.kind === FRAME.votePack ? peekVotePack(frame.body) : undefined;
  return peeked === undefined || peeked instanceof Refusal ? [] : peeked.votes;
}

export function carries(type: number): (frame: Flying) => boolean {
  return (frame) => votesIn(frame).some((vote) => vote.type === type && vote.sequence > 0);
}

export function isSigned(frame: Flying, type: SignedType): boolean {
  return frame.kind === FRAME.signed && signedCodec.decode(frame.body).type === type;
}

export function outputsOf<T extends Output["type"]>(
  host: TestHost,
  type: T,
): Extract<Output, { readonly type: T }>[] {
  return host.outputs.filter(
    (output): output is Extract<Output, { type: T }> => output.type === type,
  );
}

export function castBy(host: TestHost, type: number): Vote[] {
  return outputsOf(host, "vote").flatMap(({ vote }) => (vote.type === type ? [vote] : []));
}

export function put(
  cluster: TestCluster,
  value: string,
  at: readonly number[] = [0, 1, 2, 3],
): string {
  const { bytes, digest } = cluster.writers[0]!.put(value);
  for (const index of at) cluster.host(index).submit(bytes);
  return toHex(digest);
}

export function allExecuted(cluster: TestCluster, digest: string): () => boolean {
  return () => cluster.correct.every((host) => host.executions.includes(digest));
}
