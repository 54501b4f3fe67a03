import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { epoch, sequence } from "../base/types.ts";
import type { Hash, Hlc } from "../base/types.ts";
import { statementCertificateCodec, statementCodec } from "../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../consensus/wire/certificate.ts";
import { EVIDENCE_CERTIFIED } from "../consensus/wire/evidence.ts";
import { HaltLatch } from "./halt-latch.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

it("is open until it is set, and stays set over a restart", () => {
  const file = join(temporaryFolder(), "halted.json");
  const latch = new HaltLatch(file);
  expect(latch.isSet).toBe(false);
  latch.set("two certificates", [Uint8Array.of(1), Uint8Array.of(2)]);
  expect(latch.isSet).toBe(true);
  expect(new HaltLatch(file).isSet).toBe(true);
});

it("keeps the first evidence", () => {
  const file = join(temporaryFolder(), "halted.json");
  const latch = new HaltLatch(file);
  latch.set("first", [Uint8Array.of(1)]);
  latch.set("second", []);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    format: 1,
    what: "first",
    proofs: ["01"],
  });
});

it("keeps the certificate of what was shown, if there was any", () => {
  const folder = temporaryFolder();
  const certificate: StatementCertificate = {
    statement: statementCodec.encode({
      epoch: epoch(0),
      sequence: sequence(3),
      stateRoot: new Uint8Array(32) as Hash,
      agreedTime: 1n as Hlc,
    }),
    signatures: [],
  };
  const file = join(folder, "halted.json");
  new HaltLatch(file).set("two certificates", [], certificate);
  expect(new HaltLatch(file).shown).toEqual(certificate);
  for (const text of ["", "null", '{"shown":1}', '{"shown":"00"}']) {
    writeFileSync(file, text);
    expect(new HaltLatch(file).shown).toBeUndefined();
  }
  expect(new HaltLatch(join(folder, "never")).shown).toBeUndefined();
});

it("is set by a file that cannot be understood", () => {
  const file = join(temporaryFolder(), "halted.json");
  writeFileSync(file, "");
  expect(new HaltLatch(file).isSet).toBe(true);
});

it("opens for the evidence that set it and for no other, and remembers which that was", () => {
  const file = join(temporaryFolder(), "halted.json");
  const certificate = (root: number): Uint8Array =>
    statementCertificateCodec.encode({
      statement: statementCodec.encode({
        epoch: epoch(0),
        sequence: sequence(3),
        stateRoot: new Uint8Array(32).fill(root) as Hash,
        agreedTime: 1n as Hlc,
      }),
      signatures: [],
    });
  const latch = new HaltLatch(file);
  latch.set("first", [certificate(1), certificate(2)], undefined, EVIDENCE_CERTIFIED);
  const first = latch.why.evidence!;
  expect(latch.release("00".repeat(32))).toBe(false);
  expect(new HaltLatch(file).isSet).toBe(true);
  expect(new HaltLatch(file).release(first)).toBe(true);
  const later = new HaltLatch(file);
  expect([later.isSet, [...later.released]]).toEqual([false, [first]]);
  later.set("second", [certificate(1), certificate(3)], undefined, EVIDENCE_CERTIFIED);
  const second = later.why.evidence!;
  expect(later.release(first)).toBe(false);
  expect(later.release(second)).toBe(true);
  expect([...new HaltLatch(file).released]).toEqual([first, second]);
});

it("opens for nothing when the evidence has no name", () => {
  const file = join(temporaryFolder(), "halted.json");
  const latch = new HaltLatch(file);
  latch.set("unreadable", [Uint8Array.of(1)], undefined, EVIDENCE_CERTIFIED);
  expect(latch.why).toEqual({ what: "unreadable", evidence: undefined });
  writeFileSync(file, "{");
  expect([latch.release(""), latch.release("undefined"), latch.isSet]).toEqual([
    ...[false, false, true],
  ]);
});
