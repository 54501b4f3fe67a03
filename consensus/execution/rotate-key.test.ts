import { describe, expect, it } from "vitest";
import type { Epoch, PublicKey, Signature } from "../../base/types.ts";
import { rotationBytes } from "../epochs/rotation.ts";
import { NOT_AFTER_MS_MAX, REVOCATION_SWEEP_COUNT_MAX, WINDOW_LENGTH } from "../limits.ts";
import { sessionStateKey, writerSessionsStateKey, writerStateKey } from "../map/state-keys.ts";
import { reconfigurationCodec } from "../wire/configuration.ts";
import { rotationCodec } from "../wire/rotation.ts";
import { writerRowCodec } from "../wire/rows.ts";
import type { WriterRow } from "../wire/rows.ts";
import type { Write } from "../wire/write-set.ts";
import { outcomeText } from "./outcomes.ts";
import {
  Fixture,
  administer,
  genesis,
  hash,
  keyOf,
  put,
  signatureOf,
  writeSet,
} from "./state.case.ts";

interface Forged {
  readonly epoch?: Epoch;
  /** Who signs in the successor's name. */
  readonly signer?: string;
  /** What is signed that the old key be. */
  readonly predecessor?: string;
}

/** What `from` orders: that `to` takes its place, with the word of `to`. */
function rotation(from: string, to: string, forged: Forged = {}): Write {
  const { epoch = 0 as Epoch, signer = to, predecessor = from } = forged;
  const successor = keyOf(to);
  const keys = { predecessor: keyOf(predecessor), successor };
  const consent = signatureOf(keyOf(signer), rotationBytes(genesis.clusterId, epoch, keys));
  return order(successor, epoch, consent);
}

function order(successor: PublicKey, epoch: Epoch, consent: Signature): Write {
  return administer({ action: 10, rotation: rotationCodec.encode({ epoch, successor, consent }) });
}

const told = (fixture: Fixture, writer: string, write: Write, atMs = 0): string =>
  outcomeText(fixture.write(writer, write, atMs)).name;

function rowOf(fixture: Fixture, name: string): WriterRow | undefined {
  const row = fixture.state.rowAt(fixture.state.sequence, writerStateKey(keyOf(name)));
  return row && writerRowCodec.decode(row);
}

describe("a writer that hands its place to another key", () => {
  it("gives it all its grants, and may do nothing more itself", () => {
    const fixture = new Fixture();
    expect(told(fixture, "ann", put("one", "x"))).toBe("ACCEPTED");
    expect(told(fixture, "ann", rotation("ann", "fresh"))).toBe("ACCEPTED");
    expect(told(fixture, "ann", put("two", "x"))).toBe("NOT_ENROLLED");
    expect(told(fixture, "ann", rotation("ann", "other"))).toBe("NOT_ENROLLED");
    expect(told(fixture, "fresh", put("two", "x"))).toBe("ACCEPTED");
    expect(rowOf(fixture, "ann")).toBeUndefined();
    expect(rowOf(fixture, "fresh")).toMatchObject({ operator: "A", namespaces: ["*"] });
    fixture.restart();
    expect(told(fixture, "fresh", put("three", "x"))).toBe("ACCEPTED");
    expect(told(fixture, "ann", put("four", "x"))).toBe("NOT_ENROLLED");
  });

  it("leaves its votes to its operator: the new key counts as no second voice", () => {
    const fixture = new Fixture();
    const pair = { namespace: "pair" };
    expect(told(fixture, "ann", put("one", "x", pair))).toBe("PENDING");
    expect(told(fixture, "ann", rotation("ann", "fresh"))).toBe("ACCEPTED");
    expect(told(fixture, "fresh", put("one", "x", pair))).toBe("PENDING");
    expect(told(fixture, "bob", put("one", "x", pair))).toBe("ACCEPTED");
  });

  it("hands an administrator's right on", () => {
    const fixture = new Fixture();
    const retire = administer({ action: 2, subject: keyOf("eve") });
    expect(told(fixture, "root", rotation("root", "fresh"))).toBe("ACCEPTED");
    expect(told(fixture, "root", retire)).toBe("NOT_ENROLLED");
    expect(told(fixture, "fresh", retire)).toBe("ACCEPTED");
  });

  it("in the midst of a write set does no more with the rest of it", () => {
    const fixture = new Fixture();
    const set = writeSet("ann", [rotation("ann", "fresh"), put("after", "x")]);
    const { result } = fixture.execute([set]).writeSets[0]!;
    expect(result?.outcomes.map(({ index, code }) => [index, outcomeText(code).name])).toEqual([
      [1, "NOT_ALLOWED"],
    ]);
    expect(fixture.entry("after")).toBeUndefined();
  });

  it.each<[string, Write, string]>([
    ["a key that has not signed", rotation("ann", "fresh", { signer: "ann" }), "CONSENT_MISSING"],
    [
      "a key that signed for another's place",
      rotation("ann", "fresh", { predecessor: "bob" }),
      "CONSENT_MISSING",
    ],
    [
      "a word of an epoch to come",
      rotation("ann", "fresh", { epoch: 1 as Epoch }),
      "CONSENT_MISSING",
    ],
    ["a writer's key", rotation("ann", "bob"), "KEY_TAKEN"],
    ["itself", rotation("ann", "ann"), "KEY_TAKEN"],
    [
      "a key that is none",
      order(new Uint8Array(32) as PublicKey, 0 as Epoch, new Uint8Array(64) as Signature),
      "KEY_REFUSED",
    ],
    ["nothing", administer({ action: 10 }), "MALFORMED"],
  ])("cannot hand it to %s", (_, write, outcome) => {
    const fixture = new Fixture();
    expect(told(fixture, "ann", write)).toBe(outcome);
    expect(told(fixture, "ann", put("one", "x"))).toBe("ACCEPTED");
  });

  it("cannot hand it to a key whose votes are being withdrawn", () => {
    const fixture = new Fixture();
    const names = Array.from({ length: 2 * REVOCATION_SWEEP_COUNT_MAX }, (_, at) => `entry ${at}`);
    fixture.execute([
      writeSet(
        "bob",
        names.map((name) => put(name, "x")),
      ),
    ]);
    expect(told(fixture, "root", administer({ action: 5, subject: keyOf("bob") }))).toBe(
      "ACCEPTED",
    );
    expect(told(fixture, "ann", rotation("ann", "bob"))).toBe("BEING_REVOKED");
  });

  it("waits ten minutes for the next time, and leaves no more rows than two keys have", () => {
    const fixture = new Fixture();
    const session = new Uint8Array(16);
    const sessionOf = (name: string): Uint8Array | undefined =>
      fixture.state.rowAt(fixture.state.sequence, sessionStateKey(hash, keyOf(name), session));
    const listOf = (name: string): Uint8Array | undefined =>
      fixture.state.rowAt(fixture.state.sequence, writerSessionsStateKey(keyOf(name)));
    expect(told(fixture, "ann", rotation("ann", "second"))).toBe("ACCEPTED");
    expect(told(fixture, "second", rotation("second", "third"), 1_000)).toBe("ROTATION_TOO_SOON");
    expect(told(fixture, "second", rotation("second", "ann"), NOT_AFTER_MS_MAX)).toBe(
      "ROTATION_TOO_SOON",
    );
    expect(sessionOf("ann")).toBeDefined();
    const later = NOT_AFTER_MS_MAX + 1_000;
    expect(told(fixture, "second", rotation("second", "third"), later)).toBe("ACCEPTED");
    expect([sessionOf("ann"), listOf("ann")]).toEqual([undefined, undefined]);
    expect(sessionOf("second")).toBeDefined();
    expect(rowOf(fixture, "third")).toMatchObject({ predecessor: keyOf("second") });
  });

  it("is believed in the epoch after the one in which the new key signed, and not later", () => {
    const fixture = new Fixture();
    const next = (): void => {
      const { members, epoch } = fixture.state.committeeAt(fixture.state.sequence);
      const change = { epoch: (epoch + 1) as Epoch, members, faultyMax: 1, consents: [] };
      const reconfiguration = reconfigurationCodec.encode(change);
      expect(told(fixture, "root", administer({ action: 9, reconfiguration }))).toBe("ACCEPTED");
      const goal = fixture.state.sequence + 2 * WINDOW_LENGTH;
      while (fixture.state.sequence < goal) fixture.state.execute(undefined);
    };
    next();
    expect(told(fixture, "ann", rotation("ann", "fresh"))).toBe("ACCEPTED");
    next();
    expect(told(fixture, "bob", rotation("bob", "new"))).toBe("CONSENT_MISSING");
  });
});
