import { describe, expect, it } from "vitest";
import { hlcFromMs } from "../base/hlc.ts";
import { utf8 } from "../base/bytes.ts";
import type { Epoch, Hash, ReplicaIndex, Sequence, Signature, View } from "../base/types.ts";
import { buildWriteSet } from "./build-write-set.ts";
import { assembleCertificate, assembleStatementCertificate, portableVote } from "./certificates.ts";
import type { Committee } from "./committee.ts";
import { Memo } from "./memo.ts";
import { Refusal } from "./refusal.ts";
import type { ReceivedVote } from "./replica/input.ts";
import { sha256, tableCrypto, tableKey } from "./replica/testing/table-crypto.ts";
import { TestWriter, putOf, semanticDigestOf } from "./replica/testing/test-writer.ts";
import { peekVotePack } from "./take-apart.ts";
import type { Verified } from "./verified.ts";
import { Verifier } from "./verifier.ts";
import { batchCodec, committedCodec, newViewCodec, viewChangeCodec } from "./wire/agreement.ts";
import {
  SIGNED_NEW_VIEW,
  SIGNED_STATEMENT,
  SIGNED_VIEW_CHANGE,
  VOTE_ACKNOWLEDGEMENT,
  VOTE_COMMIT,
  VOTE_PREPARE,
  VOTE_PRE_PREPARE,
  certificateCodec,
  signedCodec,
  statementCodec,
  votePackCodec,
} from "./wire/certificate.ts";
import type { Certificate, Signed, Vote, VoteType } from "./wire/certificate.ts";
import { writeSetCodec } from "./wire/write-set.ts";

const keys = [0, 1, 2, 3].map((index) => tableKey(`verifier ${index}`));
const epoch = 0 as Epoch;
const committee: Committee = {
  clusterId: sha256(utf8("verifier")),
  epoch,
  members: keys.map(({ publicKey }, index) => ({ publicKey, address: `r:${index}` })),
  faultyMax: 1,
};
const committeeOf = (asked: Epoch): Committee | undefined =>
  asked === epoch ? committee : undefined;
const fresh = (): Verifier => new Verifier({ committeeOf, crypto: tableCrypto, semanticDigestOf });
const digest = sha256(utf8("batch"));

function vote(type: Vote["type"], changes: Partial<Vote> = {}): Vote {
  return { type, epoch, view: 0 as View, sequence: 1 as Sequence, digest, ...changes };
}

function cast(author: number, votes: readonly Vote[]): readonly Verified<ReceivedVote>[] {
  const message = { author: author as ReplicaIndex, epoch, votes };
  return fresh().packOwnVotes(message, keys[author]!.sign).votes;
}

function prepared(): Certificate {
  return assembleCertificate(
    committee,
    [
      ...cast(0, [vote(VOTE_PRE_PREPARE), vote(VOTE_COMMIT, { sequence: 9 as Sequence })]),
      ...cast(1, [vote(VOTE_PREPARE)]),
      ...cast(2, [vote(VOTE_PREPARE)]),
    ].filter(({ vote: each }) => each.sequence === 1),
  );
}

function commits(): Certificate {
  return assembleCertificate(
    committee,
    [1, 2, 3].flatMap((at) => cast(at, [vote(VOTE_COMMIT)])),
  );
}

function sign(author: number, type: Signed["type"], body: Uint8Array): Uint8Array {
  const message = { author: author as ReplicaIndex, epoch, type, body };
  return fresh().signOwn(message, keys[author]!.sign).bytes;
}

const refused = (result: unknown): string | undefined =>
  result instanceof Refusal ? result.why : undefined;

describe("a vote pack", () => {
  const votes = [vote(VOTE_PREPARE), vote(VOTE_COMMIT)];
  const { bytes } = fresh().packOwnVotes(
    { author: 1 as ReplicaIndex, epoch, votes },
    keys[1]!.sign,
  );

  it("is believed, and each vote is portable", () => {
    const received = fresh().votePack(bytes);
    if (received instanceof Refusal) throw new Error(received.why);
    expect(received.map((each) => each.vote)).toEqual(votes);
    expect(peekVotePack(bytes)).toMatchObject({ author: 1, votes });
  });

  const pack = votePackCodec.decode(bytes);
  const flipped = Uint8Array.from(pack.signature, (byte, at) => (at === 5 ? byte ^ 1 : byte));
  it.each([
    ["another author", { ...pack, author: 2 as ReplicaIndex }],
    ["no member", { ...pack, author: 4 as ReplicaIndex }],
    ["another epoch", { ...pack, epoch: 1 as Epoch }],
    ["no votes", { ...pack, votes: [] }],
    ["a vote fewer", { ...pack, votes: pack.votes.slice(0, 1) }],
    ["its votes in another order", { ...pack, votes: pack.votes.toReversed() }],
    ["a changed signature", { ...pack, signature: flipped as Signature }],
    ["bytes that are no vote", { ...pack, votes: [Uint8Array.of(1, 2)] }],
  ])("with %s is refused", (_name, forged) => {
    expect(refused(fresh().votePack(votePackCodec.encode(forged)))).toBeDefined();
  });

  it("is refused with any byte flipped", () => {
    const verifier = fresh();
    for (let at = 0; at < bytes.length; at++) {
      const forged = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 4 : byte));
      expect(refused(verifier.votePack(forged)), `byte ${at}`).toBeDefined();
    }
  });
});

describe("a proposal that a peer shows", () => {
  const shownBy = (author: number, type: VoteType = VOTE_PRE_PREPARE): Certificate =>
    portableVote(cast(author, [vote(VOTE_COMMIT), vote(type)])[1]!);
  const encode = certificateCodec.encode.bind(certificateCodec);

  it("is believed on its own when the primary of its view signed it", () => {
    const shown = fresh().proposal(encode(shownBy(0)));
    if (shown instanceof Refusal) throw new Error(shown.why);
    expect(shown).toMatchObject({ vote: vote(VOTE_PRE_PREPARE), packed: { author: 0 } });
  });

  it.each([
    ["by a backup", shownBy(1)],
    ["that is a prepare", shownBy(0, VOTE_PREPARE)],
    ["of another view", { ...shownBy(0), view: 1 as View }],
    ["of another digest", { ...shownBy(0), digest: sha256(Uint8Array.of(1)) }],
    ["of another epoch", { ...shownBy(0), epoch: 1 as Epoch }],
    ["without a vote", { ...shownBy(0), votes: [] }],
    ["with a second vote", { ...shownBy(0), votes: [...shownBy(0).votes, ...shownBy(1).votes] }],
  ])("%s is refused", (_what, forged) => {
    expect(refused(fresh().proposal(encode(forged)))).toBeDefined();
  });

  it("is refused with any byte flipped", () => {
    const bytes = encode(shownBy(0));
    for (let at = 0; at < bytes.length; at++) {
      const forged = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 4 : byte));
      expect(refused(fresh().proposal(forged)), `byte ${at}`).toBeDefined();
    }
  });
});

describe("a certificate", () => {
  it("of each purpose is believed for that purpose only", () => {
    const acknowledged = assembleCertificate(
      committee,
      [0, 1, 3].flatMap((author) =>
        cast(author, [vote(VOTE_ACKNOWLEDGEMENT, { view: 0 as View, sequence: 0 as Sequence })]),
      ),
    );
    const purposes = ["prepared", "commit", "acknowledgement"] as const;
    [prepared(), commits(), acknowledged].forEach((certificate, index) => {
      purposes.forEach((purpose, other) => {
        const result = fresh().certificate(certificate, purpose);
        expect(result instanceof Refusal, `${index} as ${purpose}`).toBe(index !== other);
      });
    });
  });

  const good = prepared();
  const [first, second, third] = good.votes;
  const other = sha256(utf8("other"));
  it.each<[string, Partial<Certificate>]>([
    ["another epoch", { epoch: 1 as Epoch }],
    ["another view of the same primary", { view: 4 as View }],
    ["another sequence", { sequence: 2 as Sequence }],
    ["another digest", { digest: other }],
    ["a vote too few", { votes: [first!, second!] }],
    ["an author twice", { votes: [first!, second!, second!] }],
    ["authors out of order", { votes: [first!, third!, second!] }],
    ["a vote too many", { votes: [...good.votes, { ...third!, author: 3 as ReplicaIndex }] }],
    ["a stranger", { votes: [first!, second!, { ...third!, author: 7 as ReplicaIndex }] }],
    [
      "a vote under another's name",
      { votes: [first!, second!, { ...third!, author: 3 as ReplicaIndex }] },
    ],
    ["the primary's prepare", { votes: [{ ...first!, type: VOTE_PREPARE }, second!, third!] }],
    ["a second pre-prepare", { votes: [first!, { ...second!, type: VOTE_PRE_PREPARE }, third!] }],
    ["a commit among prepares", { votes: [first!, second!, { ...third!, type: VOTE_COMMIT }] }],
    ["another leaf's place", { votes: [{ ...first!, leafIndex: 1 }, second!, third!] }],
    ["another leaf count", { votes: [{ ...first!, leafCount: 3 }, second!, third!] }],
    ["a path cut off", { votes: [{ ...first!, path: [] }, second!, third!] }],
    ["a path grown", { votes: [{ ...first!, path: [...first!.path, other] }, second!, third!] }],
  ])("with %s is refused", (_name, forged) => {
    expect(refused(fresh().certificate({ ...good, ...forged }, "prepared"))).toBeDefined();
  });
});

describe("nothing is verified twice, and no signature shelters another", () => {
  it("a certificate of votes that came one by one costs no signature", () => {
    const verifier = fresh();
    for (const author of [1, 2, 3]) {
      const message = { author: author as ReplicaIndex, epoch, votes: [vote(VOTE_COMMIT)] };
      verifier.votePack(fresh().packOwnVotes(message, keys[author]!.sign).bytes);
    }
    expect(verifier.signatureCount).toBe(3);
    expect(refused(verifier.certificate(commits(), "commit"))).toBeUndefined();
    expect(verifier.signatureCount).toBe(3);
  });

  it("a second valid signature of the same content is verified on its own", () => {
    const verifier = fresh();
    const message = { author: 1 as ReplicaIndex, epoch, votes: [vote(VOTE_COMMIT)] };
    verifier.votePack(fresh().packOwnVotes(message, keys[1]!.sign).bytes);
    const anew = fresh().packOwnVotes(message, keys[1]!.signAnew).bytes;
    expect(refused(verifier.votePack(anew))).toBeUndefined();
    expect(verifier.signatureCount).toBe(2);
  });

  it("an invalid signature of content verified before is refused", () => {
    const verifier = fresh();
    const message = { author: 1 as ReplicaIndex, epoch, votes: [vote(VOTE_COMMIT)] };
    const { bytes } = fresh().packOwnVotes(message, keys[1]!.sign);
    verifier.votePack(bytes);
    const pack = votePackCodec.decode(bytes);
    const forged = { ...pack, signature: new Uint8Array(64) as Signature };
    expect(refused(verifier.votePack(votePackCodec.encode(forged)))).toBe("vote pack's signature");
  });

  it("the memory is bounded and forgets the least used", () => {
    const memo = new Memo<number>(3);
    for (const name of ["a", "b", "c"]) memo.set(name, 1);
    memo.get("a");
    memo.set("d", 1);
    expect([memo.get("a"), memo.get("b"), memo.weight]).toEqual([1, undefined, 3]);
    memo.set("too heavy", 1, 4);
    expect(memo.get("too heavy")).toBeUndefined();
  });
});

describe("a write set", () => {
  const writer = new TestWriter("a writer", committee.clusterId);
  const { bytes } = writer.put("value");

  it("is believed once and remembered by all its bytes", () => {
    const verifier = fresh();
    expect(verifier.writeSet(bytes)).toBe(verifier.writeSet(bytes));
    expect(verifier.signatureCount).toBe(1);
  });

  it("is refused with any byte flipped", () => {
    for (let at = 0; at < bytes.length; at++) {
      const forged = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 2 : byte));
      expect(refused(fresh().writeSet(forged)), `byte ${at}`).toBeDefined();
    }
  });

  it("with inline values of a kind that nobody knows is refused", () => {
    const blind = new Verifier({ committeeOf, crypto: tableCrypto });
    expect(refused(blind.writeSet(bytes))).toBe("inline value's kind");
  });

  it("with a value that its writer claims another meaning for is refused", () => {
    const liar = new Verifier({ committeeOf, crypto: tableCrypto, semanticDigestOf: () => digest });
    expect(refused(liar.writeSet(bytes))).toBe("semantic digest");
  });

  it("that gives a name another name's key is refused, though rightly signed", () => {
    const write = putOf("a name", utf8("value"));
    const signed = (changes: Partial<typeof write>): Uint8Array =>
      buildWriteSet(
        {
          clusterId: committee.clusterId,
          epoch,
          writer: writer.key.publicKey,
          session: new Uint8Array(16),
          counter: 1,
          notAfter: hlcFromMs(1_500_000),
          writes: [{ ...write, ...changes }],
          values: [utf8("value")],
        },
        writer.key.sign,
        sha256,
      ).bytes;
    expect(refused(fresh().writeSet(signed({})))).toBeUndefined();
    expect(refused(fresh().writeSet(signed({ name: "another" })))).toBe("write malformed");
    expect(refused(fresh().writeSet(signed({ key: undefined })))).toBe("write malformed");
    // Without a name any key may stand: those are content and obligation digests.
    expect(refused(fresh().writeSet(signed({ name: "" })))).toBeUndefined();
  });

  it.each([
    [1, 0, undefined],
    [5, 4, undefined],
    [0, 0, "write set's counter"],
    [5, 5, "write set's counter"],
    [5, 6, "write set's counter"],
  ])("with counter %i that says %i is settled: %s", (counter, settled, why) => {
    const built = buildWriteSet(
      {
        clusterId: committee.clusterId,
        epoch,
        writer: writer.key.publicKey,
        session: new Uint8Array(16),
        counter,
        settled,
        notAfter: hlcFromMs(1_500_000),
        writes: [putOf("a name", utf8("value"))],
        values: [utf8("value")],
      },
      writer.key.sign,
      sha256,
    );
    expect(refused(fresh().writeSet(built.bytes))).toBe(why);
  });

  it("with a value missing or one too many is refused", () => {
    const wire = writeSetCodec.decode(bytes);
    for (const values of [[], [...wire.values, utf8("more")]]) {
      const forged = writeSetCodec.encode({ ...wire, values });
      expect(refused(fresh().writeSet(forged))).toBe("write set's values");
    }
  });
});

describe("a batch", () => {
  const writer = new TestWriter("another writer", committee.clusterId);
  const inline = writer.put("inline").bytes;
  const uploaded = writer.put("uploaded", { inline: false });
  const proposedTime = hlcFromMs(1000);
  const item = (writeSet: Uint8Array, acknowledgements?: Certificate) => ({
    writeSet,
    acknowledgements,
  });
  const acknowledged = (of: Hash): Certificate =>
    assembleCertificate(
      committee,
      [0, 1, 3].flatMap((author) =>
        cast(author, [vote(VOTE_ACKNOWLEDGEMENT, { sequence: 0 as Sequence, digest: of })]),
      ),
    );
  const check = (...items: ReturnType<typeof item>[]): string | undefined =>
    refused(fresh().batch(batchCodec.encode({ proposedTime, items })));

  it("carries values, or Q acknowledgements of them", () => {
    expect(
      check(item(inline), item(uploaded.bytes, acknowledged(uploaded.digest))),
    ).toBeUndefined();
    expect(check()).toBeUndefined();
    expect(refused(fresh().batch(new Uint8Array(0)))).toBeUndefined();
  });

  it("is refused without them, with too much, or with those of another", () => {
    expect(check(item(uploaded.bytes))).toBe("batch without acknowledgements");
    expect(check(item(inline, acknowledged(digest)))).toBe("batch with needless acknowledgements");
    expect(check(item(uploaded.bytes, acknowledged(digest)))).toBe(
      "acknowledgements of another write set",
    );
    expect(check(item(inline), item(inline))).toBe("batch repeats a write set");
  });

  it("committed comes with its own certificate", () => {
    const batch = batchCodec.encode({ proposedTime, items: [item(inline)] });
    const body = committedCodec.encode({ commit: commits(), batch });
    expect(refused(fresh().committed(body))).toBe("committed batch's digest");
  });
});

describe("signed messages", () => {
  const stateRoot = sha256(utf8("root"));
  const statement = statementCodec.encode({
    epoch,
    sequence: 3 as Sequence,
    stateRoot,
    agreedTime: hlcFromMs(5),
  });
  const received = [0, 1, 2].map((author) => {
    const input = fresh().signed(sign(author, SIGNED_STATEMENT, statement));
    if (input instanceof Refusal || input.type !== "statement") throw new Error("statement");
    return input.statement;
  });
  const stable = assembleStatementCertificate(committee, received);
  const viewChange = (certificate = prepared(), newView = 1): Uint8Array =>
    viewChangeCodec.encode({
      epoch,
      newView: newView as View,
      stable: undefined,
      prepared: [certificate],
    });

  it("a statement under another type's domain is refused", () => {
    const signed = signedCodec.decode(sign(1, SIGNED_STATEMENT, statement));
    for (const type of [2, 3, 4] as const) {
      expect(refused(fresh().signed(signedCodec.encode({ ...signed, type })))).toBeDefined();
    }
  });

  it("a statement certificate has exactly Q signatures, ascending, each of its own author", () => {
    const verifier = fresh();
    expect(refused(verifier.statementCertificate(stable))).toBeUndefined();
    const [a, b, c] = stable.signatures;
    for (const signatures of [
      [a!, b!],
      [a!, c!, b!],
      [a!, b!, b!],
      [a!, b!, { ...c!, author: 3 as ReplicaIndex }],
    ]) {
      expect(refused(verifier.statementCertificate({ ...stable, signatures }))).toBeDefined();
    }
  });

  it("a view-change is believed with its certificates, and refused with a forged one", () => {
    expect(refused(fresh().signed(sign(1, SIGNED_VIEW_CHANGE, viewChange())))).toBeUndefined();
    const forged = { ...prepared(), digest: stateRoot };
    expect(refused(fresh().signed(sign(1, SIGNED_VIEW_CHANGE, viewChange(forged))))).toBeDefined();
  });

  it("a view-change may not report a view that has not been", () => {
    const body = viewChangeCodec.encode({
      epoch,
      newView: 1 as View,
      stable,
      prepared: [],
    });
    expect(refused(fresh().signed(sign(1, SIGNED_VIEW_CHANGE, body)))).toBeUndefined();
    const later = { ...prepared(), view: 1 as View };
    const signed = { author: 1 as ReplicaIndex, type: SIGNED_VIEW_CHANGE, epoch } as const;
    const forged = signedCodec.encode({
      ...signed,
      body: viewChange(later),
      signature: new Uint8Array(64) as Signature,
    });
    expect(refused(fresh().signed(forged))).toBe("view-change's views");
  });

  it("a new-view needs Q view-changes for its view, and its own primary", () => {
    const changes = [0, 1, 2].map((author) =>
      signedCodec.decode(sign(author, SIGNED_VIEW_CHANGE, viewChange())),
    );
    const reproposals = [{ sequence: 1 as Sequence, digest }];
    const body = (viewChanges: readonly Signed[], view = 1): Uint8Array =>
      newViewCodec.encode({ epoch, view: view as View, viewChanges, reproposals });
    const raw = (author: number, of: Uint8Array): Uint8Array =>
      signedCodec.encode({
        author: author as ReplicaIndex,
        type: SIGNED_NEW_VIEW,
        epoch,
        body: of,
        signature: new Uint8Array(64) as Signature,
      });
    expect(refused(fresh().signed(sign(1, SIGNED_NEW_VIEW, body(changes))))).toBeUndefined();
    expect(refused(fresh().signed(raw(2, body(changes))))).toBe("new-view's author");
    expect(refused(fresh().signed(raw(1, body(changes.slice(1)))))).toBe(
      "new-view without a quorum",
    );
    expect(refused(fresh().signed(raw(1, body(changes.toReversed()))))).toBe("new-view's authors");
    expect(refused(fresh().signed(raw(1, body(changes, 5))))).toBe("new-view's view-changes");
    const forged = changes.map((each, index) =>
      index === 2 ? { ...each, signature: new Uint8Array(64) as Signature } : each,
    );
    expect(refused(fresh().signed(sign(1, SIGNED_NEW_VIEW, body(forged))))).toBe(
      "signed's signature",
    );
  });

  it("nothing that a stranger sends makes it throw", () => {
    const verifier = fresh();
    const seeds = [
      certificateCodec.encode(prepared()),
      statement,
      sign(0, SIGNED_STATEMENT, statement),
    ];
    for (const seed of seeds) {
      for (let at = 0; at < seed.length; at += 3) {
        const bytes = Uint8Array.from(seed, (byte, index) => (index === at ? 255 : byte));
        for (const door of [
          "votePack",
          "signed",
          "writeSet",
          "batch",
          "committed",
          "availability",
          "encodedStatementCertificate",
        ] as const) {
          expect(() => verifier[door](bytes)).not.toThrow();
        }
      }
    }
  });
});
