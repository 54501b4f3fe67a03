import { hlcNext } from "../../../base/hlc.ts";
import { batchDigest } from "../../../consensus/hashing.ts";
import { batchCodec } from "../../../consensus/wire/agreement.ts";
import { VOTE_PRE_PREPARE } from "../../../consensus/wire/certificate.ts";
import type { Vote } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { trueHlc } from "../world/simulated-clock.ts";
import type { Strategy } from "./liar.ts";

/** Proposes in views that are not its own, and for sequences far ahead. */
export const usurp: Strategy = {
  name: "usurp",
  act(liar) {
    const { committee } = liar;
    const { world } = liar.surroundings;
    const body = batchCodec.encode({ proposedTime: hlcNext(trueHlc(world)), items: [] });
    const digest = batchDigest(liar.hash, body);
    const ahead = liar.prng.chance(0.3) ? 300 : 1;
    const sequence = (liar.sequence + ahead) as Vote["sequence"];
    const view = liar.view as Vote["view"];
    liar.toAll(FRAME.batch, body);
    liar.votes([{ type: VOTE_PRE_PREPARE, epoch: committee.epoch, view, sequence, digest }]);
  },
};

/** Orders sets whose bytes nobody has acknowledged: in its proposals the certificates are missing. */
export const stripAcknowledgements: Strategy = {
  name: "strip-acknowledgements",
  send(frame, liar) {
    if (frame.kind !== FRAME.batch) return [frame];
    const batch = batchCodec.tryDecode(frame.body);
    if (batch === undefined) return [frame];
    if (!batch.items.some(({ acknowledgements }) => acknowledgements !== undefined)) return [frame];
    const items = batch.items.map((item) => ({ ...item, acknowledgements: undefined }));
    const body = batchCodec.encode({ ...batch, items });
    const digest = batchDigest(liar.hash, body);
    const { sequence, view } = liar;
    const vote = {
      type: VOTE_PRE_PREPARE,
      epoch: liar.committee.epoch,
      view: view as Vote["view"],
      sequence: (sequence + 1) as Vote["sequence"],
      digest,
    } as const;
    return [
      { ...frame, body },
      { to: frame.to, kind: FRAME.votePack, body: liar.pack([vote]) },
    ];
  },
};
