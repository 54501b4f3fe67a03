import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { epoch, sequence } from "../base/types.ts";
import type { Hash, Hlc } from "../base/types.ts";
import { statementCodec } from "../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../consensus/wire/certificate.ts";
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
