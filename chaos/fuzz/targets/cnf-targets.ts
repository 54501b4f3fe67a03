import { concatBytes, equalBytes, utf8 } from "../../../base/bytes.ts";
import { canonicalCnf, renameFormula } from "../../../proof/cnf/canonical/canonical-cnf.ts";
import { decodePayload, encodePayload } from "../../../proof/cnf/canonical/payload.ts";
import { CnfCheck } from "../../../proof/cnf/cnf-1.ts";
import { parseDimacs } from "../../../proof/cnf/dimacs/parse-dimacs.ts";
import { BinaryClausalReader } from "../../../proof/cnf/elaborate/binary-clausal-reader.ts";
import { ClausalElaboration } from "../../../proof/cnf/elaborate/clausal-elaboration.ts";
import type { ClausalReader } from "../../../proof/cnf/elaborate/clausal-reader.ts";
import { LratTranslation } from "../../../proof/cnf/elaborate/lrat-translation.ts";
import { TextClausalReader } from "../../../proof/cnf/elaborate/text-clausal-reader.ts";
import { BinaryLratReader } from "../../../proof/cnf/lrat/binary-lrat-reader.ts";
import { TextLratReader } from "../../../proof/cnf/lrat/text-lrat-reader.ts";
import { REFUTATION } from "../../../proof/cnf/proof-bytes.ts";
import { guessProofFormat } from "../../../proof/cnf/proof-format.ts";
import { readSolverOutput } from "../../../proof/cnf/solver-output.ts";
import { Meter } from "../../../proof/frame/meter.ts";
import { verifyRenaming } from "../../../proof/frame/renaming.ts";
import { judged } from "../../../proof/frame/stop.ts";
import { demand } from "../target.ts";
import type { FuzzTarget } from "../target.ts";

const BUDGET = { stepsMax: 1e7, bytesMax: 1 << 20, liveBytesMax: 1 << 23 };
/** Cuts within numbers and steps. */
const PIECE_SIZE = 5;

const UNSATISFIABLE = "p cnf 3 5\n1 2 0\n-1 2 0\n1 -2 0\n-1 -2 0\n1 2 3 0\n";
/** The same without one clause: nothing may refute it. */
const SATISFIABLE = "p cnf 3 4\n1 2 0\n-1 2 0\n1 -2 0\n1 2 3 0\n";

/** Formulas from anybody, and proofs from whoever would like to be believed. */
export function cnfTargets(): readonly FuzzTarget[] {
  return [
    dimacsTarget(),
    payloadTarget(),
    storedProofTarget(),
    outputTarget(),
    ...lratTargets(),
    ...clausalTargets(),
  ];
}

const meter = (): Meter => new Meter(BUDGET);
const parse = (text: string) => parseDimacs(utf8(text), meter());

/** Each text is read once, not for every input. */
const known = new Map<string, ReturnType<typeof readText>>();

function readText(text: string) {
  const { formula, variables } = parse(text);
  return { formula, variables, canonical: canonicalCnf(formula, meter()) };
}

function theText(text: string): ReturnType<typeof readText> {
  const found = known.get(text) ?? readText(text);
  known.set(text, found);
  return found;
}

function dimacsTarget(): FuzzTarget {
  const seeds = [UNSATISFIABLE, "c x\np cnf 9 3\n1 -9 0 7\n 7 0 3 -3 0\n%\n0\n", "p cnf 0 1\n0\n"];
  return {
    name: "cnf formula",
    seeds: seeds.map(utf8),
    feed: (input) => {
      const result = judged(() => {
        const { formula } = parseDimacs(input, meter());
        const canonical = canonicalCnf(formula, meter());
        const isVerified = verifyRenaming(canonical, (renaming) =>
          renameFormula(formula, renaming, meter()),
        );
        demand(isVerified, "the renaming makes the canonical form");
        const decoded = decodePayload(canonical.payload, meter());
        demand(equalBytes(encodePayload(decoded), canonical.payload), "a payload is one text");
      });
      return result.status === "accept";
    },
  };
}

function payloadTarget(): FuzzTarget {
  const seeds = [UNSATISFIABLE, SATISFIABLE, "p cnf 0 1\n0\n", "p cnf 0 0\n"];
  return {
    name: "cnf payload",
    seeds: seeds.map((text) => canonicalCnf(parse(text).formula, meter()).payload),
    feed: (input) => {
      const result = judged(() => decodePayload(input, meter()));
      if (result.status !== "accept") return false;
      demand(equalBytes(encodePayload(result.value), input), "taken bytes are the only ones");
      return true;
    },
  };
}

function storedProofTarget(): FuzzTarget {
  const [good, bad] = [UNSATISFIABLE, SATISFIABLE].map(
    (text) => canonicalCnf(parse(text).formula, meter()).payload,
  ) as [Uint8Array, Uint8Array];
  const refutation = elaborate("drat", utf8("2 0\n0\n"), UNSATISFIABLE);
  if (refutation.status !== "accept") throw new Error("the seed is no proof");
  return {
    name: "cnf stored proof",
    seeds: [refutation.value],
    feed: (input) => {
      const whole = checkStored(good, input, input.length);
      const pieces = checkStored(good, input, PIECE_SIZE);
      demand(JSON.stringify(whole) === JSON.stringify(pieces), "cuts change no verdict");
      const against = checkStored(bad, input, PIECE_SIZE);
      const isRefuted = against.status === "accept" && against.value.verdict === "unsat";
      demand(!isRefuted, "what has a model is not refuted");
      return whole.status === "accept";
    },
  };
}

function checkStored(payload: Uint8Array, proof: Uint8Array, pieceSize: number) {
  return judged(() => {
    const check = new CnfCheck(payload, BUDGET);
    inPieces(proof, pieceSize, (piece) => check.push(piece));
    return { verdict: check.finish().verdict };
  });
}

function outputTarget(): FuzzTarget {
  const { variables } = parse(UNSATISFIABLE);
  return {
    name: "cnf solver output",
    seeds: [utf8("c x\ns SATISFIABLE\nv 1 -2\nv -3 0\n")],
    feed: (input) => {
      guessProofFormat(input);
      return judged(() => readSolverOutput(input, variables, meter())).status === "accept";
    },
  };
}

function lratTargets(): readonly FuzzTarget[] {
  const text = "6 2 0 1 2 0\n7 9 0 0\n7 d 5 0\n10 0 6 3 4 0\n";
  const binary = Uint8Array.of(...[0x61, 12, 4, 0, 2, 4, 0, 0x64, 10, 0, 0x61, 14, 0, 12, 6, 8, 0]);
  return (["text", "binary"] as const).map((form) => ({
    name: `cnf LRAT as ${form}`,
    seeds: form === "text" ? [utf8(text)] : [binary],
    feed: (input: Uint8Array) => {
      const whole = translate(form, input, UNSATISFIABLE, input.length);
      const pieces = translate(form, input, UNSATISFIABLE, PIECE_SIZE);
      demand(whole.status === pieces.status, "cuts change no verdict");
      if (whole.status === "accept") judgeElaborated(UNSATISFIABLE, whole.value);
      const against = translate(form, input, SATISFIABLE, PIECE_SIZE);
      demand(against.status !== "accept", "what has a model is not refuted");
      return whole.status === "accept";
    },
  }));
}

function translate(form: "text" | "binary", proof: Uint8Array, text: string, pieceSize: number) {
  return judged(() => {
    const one = meter();
    const { formula, variables, canonical } = theText(text);
    const reader = form === "text" ? new TextLratReader(one) : new BinaryLratReader(one);
    const chunks: Uint8Array[] = [Uint8Array.of(REFUTATION)];
    const input = { canonical, variables, meter: one };
    const sink = (chunk: Uint8Array): void => void chunks.push(chunk);
    const translation = new LratTranslation(formula, input, reader, sink);
    inPieces(proof, pieceSize, (piece) => translation.push(piece));
    translation.finish();
    return concatBytes(...chunks);
  });
}

const READERS: Readonly<Record<string, () => ClausalReader>> = {
  drat: () => new TextClausalReader("drat", meter()),
  frat: () => new TextClausalReader("frat", meter()),
  "drat-binary": () => new BinaryClausalReader("drat", meter()),
  "frat-binary": () => new BinaryClausalReader("frat", meter()),
};

function clausalTargets(): readonly FuzzTarget[] {
  const seeds: Readonly<Record<string, Uint8Array>> = {
    drat: utf8("9 -1 -2 0\n-9 1 0\nd 1 2 3 0\n2 0\nd 2 1 0\n0\n"),
    frat: utf8("o 1 1 2 0\na 6 2 0 l 1 2 0\nd 5 1 2 3 0\na 7 0\nf 7 0\n"),
    "drat-binary": Uint8Array.of(0x61, 4, 0, 0x64, 2, 4, 6, 0, 0x61, 0),
    "frat-binary": Uint8Array.of(0x6f, 1, 2, 4, 0, 0x61, 6, 4, 0, 0x6c, 2, 0, 0x61, 7, 0),
  };
  return Object.keys(READERS).map((form) => ({
    name: `cnf ${form}`,
    seeds: [seeds[form]!],
    feed: (input: Uint8Array) => {
      const result = elaborate(form, input, UNSATISFIABLE);
      if (result.status === "accept") judgeElaborated(UNSATISFIABLE, result.value);
      const against = elaborate(form, input, SATISFIABLE);
      demand(against.status !== "accept", "what has a model is not refuted");
      return result.status === "accept";
    },
  }));
}

function elaborate(form: string, proof: Uint8Array, text: string) {
  return judged(() => {
    const one = meter();
    const { variables, canonical } = theText(text);
    const input = { canonical, variables, meter: one };
    const elaboration = new ClausalElaboration(input, READERS[form]!());
    inPieces(proof, PIECE_SIZE, (piece) => elaboration.push(piece));
    const chunks: Uint8Array[] = [Uint8Array.of(REFUTATION)];
    elaboration.finish((chunk) => void chunks.push(chunk));
    return concatBytes(...chunks);
  });
}

function judgeElaborated(text: string, stored: Uint8Array): void {
  const verdict = checkStored(theText(text).canonical.payload, stored, stored.length);
  demand(verdict.status === "accept", "what elaboration makes is accepted");
}

function inPieces(bytes: Uint8Array, size: number, take: (piece: Uint8Array) => void): void {
  for (let at = 0; at < bytes.length; at += size) take(bytes.subarray(at, at + size));
}
