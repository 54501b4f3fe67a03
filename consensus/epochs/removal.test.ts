import { beforeAll, describe, expect, it } from "vitest";
import { hlcFromMs } from "../../base/hlc.ts";
import type { Epoch, ReplicaIndex } from "../../base/types.ts";
import { quorumOf } from "../committee.ts";
import type { Committee } from "../committee.ts";
import { Refusal } from "../refusal.ts";
import { sha256, tableCrypto, tableKey } from "../replica/testing/table-crypto.ts";
import { DOMAIN, signingBytes } from "../signing.ts";
import type { Domain } from "../signing.ts";
import { Verifier } from "../verifier.ts";
import { batchCodec } from "../wire/agreement.ts";
import { SIGNED_HEARTBEAT, SIGNED_SUSPICION, heartbeatCodec } from "../wire/certificate.ts";
import type { Signed } from "../wire/certificate.ts";
import { suspicionCodec } from "../wire/removal.ts";
import type { Removal } from "../wire/removal.ts";
import { raisesSpare } from "./removal.ts";

const size = (length: number, faultyMax: number) => ({ members: { length }, faultyMax });

describe("letting silent members go", () => {
  it.each<[string, number, number, readonly number[]]>([
    ["n = 4 never shrinks", 4, 1, []],
    ["n = 5, f = 1: one", 5, 1, [1]],
    ["n = 7, f = 2: two", 7, 2, [2]],
    ["n = 10, f = 3: two or three at once", 10, 3, [2, 3]],
  ])("%s", (_, n, f, allowed) => {
    const counts = Array.from({ length: n + 1 }, (__, count) => count);
    expect(counts.filter((count) => raisesSpare(size(n, f), count))).toEqual(allowed);
  });

  it("always leaves a cluster that bears more further silence than before, and is as safe", () => {
    for (let n = 4; n <= 40; n++) {
      for (let f = 1; 3 * f + 1 <= n; f++) {
        for (let count = 0; count <= n; count++) {
          if (!raisesSpare(size(n, f), count)) continue;
          const after = quorumOf(size(n - count, f));
          expect(n - count - after).toBeGreaterThan(n - count - quorumOf(size(n, f)));
          expect(2 * after - (n - count)).toBeGreaterThanOrEqual(f + 1);
          expect(n - count).toBeGreaterThanOrEqual(after);
        }
      }
    }
  });
});

describe("a removal in a proposal", () => {
  const EPOCH = 2 as Epoch;
  const now = hlcFromMs(1_000_000);
  const keys = Array.from({ length: 10 }, (_, index) => tableKey(`member ${index}`));
  const committee: Committee = {
    clusterId: sha256(Uint8Array.of(7)),
    epoch: EPOCH,
    members: keys.map(({ publicKey }, index) => ({ publicKey, address: `member:${7000 + index}` })),
    faultyMax: 3,
  };
  const verifier = new Verifier({
    committeeOf: (epoch) => (epoch === EPOCH ? committee : undefined),
    crypto: tableCrypto,
  });
  const signedBy = (author: number, type: 2 | 5, body: Uint8Array, by = author): Signed => {
    const domain: Domain = type === SIGNED_SUSPICION ? DOMAIN.suspicion : DOMAIN.heartbeat;
    const message = signingBytes(domain, committee.clusterId, EPOCH, body);
    const signature = keys[by]!.sign(message);
    return { author: author as ReplicaIndex, type, epoch: EPOCH, body, signature };
  };
  const suspicion = (author: number, members: readonly number[], asOf = now): Signed => {
    const body = suspicionCodec.encode({ epoch: EPOCH, members: Uint8Array.from(members), asOf });
    return signedBy(author, SIGNED_SUSPICION, body);
  };
  const LIVING = [0, 1, 2, 4, 5, 6, 9];
  const GONE = [3, 7, 8];
  let sound: Removal;
  const why = (removal: Removal): string => {
    const bytes = batchCodec.encode({ proposedTime: now, items: [], removal });
    const verdict = verifier.batch(bytes);
    return verdict instanceof Refusal ? verdict.why : "";
  };

  beforeAll(() => {
    const suspicions = LIVING.map((author) => suspicion(author, GONE));
    sound = { members: Uint8Array.from(GONE), suspicions };
  });

  it("is believed with Q suspicions of everybody who is to leave", () => {
    expect(why(sound)).toBe("");
    expect(verifier.removal(sound)).toEqual({ epoch: EPOCH, members: GONE, asOf: now });
  });

  it("is as old as the oldest of its suspicions", () => {
    const old = hlcFromMs(900_000);
    const suspicions = [suspicion(0, GONE, old), ...sound.suspicions.slice(1)];
    expect(verifier.removal({ ...sound, suspicions })).toMatchObject({ asOf: old });
  });

  it("may let go of fewer than are suspected", () => {
    expect(why({ ...sound, members: Uint8Array.of(3, 8) })).toBe("");
  });

  const cases: readonly (readonly [string, (removal: Removal) => Removal, string])[] = [
    [
      "with one suspicion too few",
      ({ members, suspicions }) => ({ members, suspicions: suspicions.slice(1) }),
      "removal without a quorum",
    ],
    [
      "with somebody's suspicion twice",
      ({ members, suspicions }) => ({
        members,
        suspicions: [suspicions[0]!, ...suspicions.slice(0, 6)],
      }),
      "removal's authors",
    ],
    [
      "with the word of one who is to leave",
      ({ members, suspicions }) => ({
        members,
        suspicions: [...suspicions.slice(0, 6), suspicion(8, GONE)].sort(
          (left, right) => left.author - right.author,
        ),
      }),
      "removal's authors",
    ],
    [
      "of somebody whom one of them does not suspect",
      ({ members, suspicions }) => ({
        members,
        suspicions: [...suspicions.slice(0, 6), suspicion(9, [3, 7])],
      }),
      "removal of somebody who is not suspected",
    ],
    [
      "of one alone, which helps nobody",
      ({ suspicions }) => ({ members: Uint8Array.of(3), suspicions }),
      "removal that raises no spare",
    ],
    [
      "of nobody",
      ({ suspicions }) => ({ members: Uint8Array.of(), suspicions }),
      "removal's members",
    ],
    [
      "of the same member twice",
      ({ suspicions }) => ({ members: Uint8Array.of(3, 3, 7), suspicions }),
      "removal's members",
    ],
    [
      "of a member that there is not",
      ({ suspicions }) => ({
        members: Uint8Array.of(3, 12),
        suspicions: suspicions.map(({ author }) => suspicion(author, [3, 12])),
      }),
      "removal's members",
    ],
    [
      "with a suspicion that somebody else signed",
      ({ members, suspicions }) => {
        const { body } = suspicions[0]!;
        const forged = signedBy(0, SIGNED_SUSPICION, body, 1);
        return { members, suspicions: [forged, ...suspicions.slice(1)] };
      },
      "signed's signature",
    ],
    [
      "with a heartbeat for a suspicion",
      ({ members, suspicions }) => {
        const body = heartbeatCodec.encode({
          epoch: EPOCH,
          sequence: 1 as never,
          stateRoot: sha256(Uint8Array.of(1)),
          asOf: now,
          nonce: new Uint8Array(0),
        });
        const other = signedBy(0, SIGNED_HEARTBEAT, body);
        return { members, suspicions: [other, ...suspicions.slice(1)] };
      },
      "removal without suspicions",
    ],
  ];
  it.each(cases)("is refused %s", (_, change, reason) => {
    expect(why(change(sound))).toBe(reason);
  });

  it("is refused for an epoch that nobody knows, and with suspicions of two epochs", () => {
    const at = (author: number, epoch: Epoch): Signed => {
      const members = Uint8Array.from(GONE);
      const body = suspicionCodec.encode({ epoch, members, asOf: now });
      return { ...suspicion(author, GONE), epoch, body };
    };
    const other = 3 as Epoch;
    const all = LIVING.map((author) => at(author, other));
    expect(why({ ...sound, suspicions: all })).toBe("removal of an unknown epoch");
    const mixed = [...sound.suspicions.slice(0, 6), at(9, other)];
    expect(why({ ...sound, suspicions: mixed })).toBe("removal of two epochs");
  });
});
