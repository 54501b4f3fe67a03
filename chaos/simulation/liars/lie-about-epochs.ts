import type { Epoch, Sequence } from "../../../base/types.ts";
import { epochBoundary } from "../../../consensus/epochs/epoch-boundary.ts";
import { rowHash } from "../../../consensus/map/node-hash.ts";
import { configurationStateKey } from "../../../consensus/map/state-keys.ts";
import { AuthenticatedMap } from "../../../consensus/map/trie.ts";
import {
  SIGNED_STATEMENT,
  signedCodec,
  statementCodec,
} from "../../../consensus/wire/certificate.ts";
import { configurationRowCodec, linkCodec } from "../../../consensus/wire/configuration.ts";
import type { ConfigurationRow } from "../../../consensus/wire/configuration.ts";
import { trueHlc } from "../world/simulated-clock.ts";
import type { Liar, Strategy } from "./liar.ts";

/** It stays in its epoch, and goes on signing for it. Not a strategy: what it says is its own. */
export const LINGER = "linger";

/**
 * Answers who asks for the chain with links that are none: one over an earlier root that Q have
 * signed and that shows the next configuration already, or one into a configuration of its own
 * that only liars have signed.
 */
export const forgeChain: Strategy = {
  name: "forge-chain",
  chain(links, from, liar) {
    if (links.length > 0 || liar.committee.epoch !== from) return links;
    const link = liar.prng.chance(0.5) ? earlyLink(liar) : ownLink(liar);
    return link === undefined ? links : [link];
  },
};

/** True in everything but that the old epoch has not ended there. */
function earlyLink(liar: Liar): Uint8Array | undefined {
  const process = liar.self?.process;
  const newest = process?.roots.newest;
  if (process === undefined || newest === undefined) return undefined;
  const { certificate, statement } = newest;
  const key = configurationStateKey((liar.committee.epoch + 1) as Epoch);
  const row = process.state.rowAt(statement.sequence, key);
  const proof = process.state.proofAt(statement.sequence, key);
  if (row === undefined || proof === undefined) return undefined;
  return linkCodec.encode({ certificate, row, proof });
}

/** Itself and those after it, as if they were all that is left, under its own signature. */
function ownLink(liar: Liar): Uint8Array {
  const { committee, hash } = liar;
  const { checkpointInterval } = liar.surroundings.timing;
  const epoch = (committee.epoch + 1) as Epoch;
  const decided = liar.sequence as Sequence;
  const boundary = epochBoundary(decided, checkpointInterval);
  const members = [
    ...committee.members.slice(liar.index),
    ...committee.members.slice(0, liar.index),
  ];
  const row: ConfigurationRow = {
    ...{ epoch, members, decided, boundary },
    faultyMax: committee.faultyMax,
  };
  const bytes = configurationRowCodec.encode(row);
  const map = new AuthenticatedMap(hash);
  const key = configurationStateKey(epoch);
  map.set(key, rowHash(hash, bytes));
  const version = map.commit();
  const statement = statementCodec.encode({
    epoch: committee.epoch,
    sequence: boundary,
    stateRoot: version.root,
    agreedTime: trueHlc(liar.surroundings.world),
  });
  const { signature } = signedCodec.decode(liar.signed(SIGNED_STATEMENT, statement));
  const certificate = { statement, signatures: [{ author: liar.index, signature }] };
  return linkCodec.encode({ certificate, row: bytes, proof: map.prove(version, key) });
}
