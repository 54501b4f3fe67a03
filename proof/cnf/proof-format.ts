import { isSpace, NEWLINE } from "./dimacs/text-numbers.ts";

/** How evidence about a formula may be written. */
export type CnfProofFormat =
  | "drat"
  | "drat-binary"
  | "frat"
  | "frat-binary"
  | "lrat"
  | "lrat-binary"
  /** A solver's output: `s` and `v` lines. */
  | "model"
  /** As a cache holds it, in canonical numbers (proof-bytes.ts). */
  | "stored";

export const CNF_PROOF_FORMATS: readonly CnfProofFormat[] = [
  ...(["drat", "drat-binary", "frat", "frat-binary"] as const),
  ...(["lrat", "lrat-binary", "model", "stored"] as const),
];

/** So many bytes of a proof tell its format. */
export const FORMAT_HEAD_SIZE = 4096;

const LETTER_A = 0x61;
const LETTER_D = 0x64;

/**
 * By a proof's first bytes. A guess: DRAT and LRAT in binary differ only in how their steps go on,
 * and whoever knows better says so.
 */
export function guessProofFormat(head: Uint8Array): CnfProofFormat {
  if (head[0] === 1 || head[0] === 2) return "stored";
  return isText(head) ? guessText(head) : guessBinary(head);
}

/** Each binary step ends in a zero; no text has one. */
function isText(head: Uint8Array): boolean {
  return !head.some((byte) => (byte < 0x20 && !isSpace(byte)) || byte > 0x7e);
}

function guessText(head: Uint8Array): CnfProofFormat {
  let at = 0;
  for (;;) {
    while (isSpace(head[at])) at++;
    const end = head.indexOf(NEWLINE, at);
    const line = wordsOf(head.subarray(at, end < 0 ? head.length : end));
    const [first = "", second = ""] = line;
    if (first === "s" || first === "v") return "model";
    if (first === "o" || first === "a" || first === "f") return "frat";
    if (first !== "c" && first !== "d") {
      const isLrat = second === "d" || line.indexOf("0") < line.length - 1;
      return first !== "" && isLrat && first !== "0" ? "lrat" : "drat";
    }
    if (end < 0) return "drat";
    if (first === "d") {
      // DRAT may begin with a deletion; LRAT has a number in front of its own.
      return "drat";
    }
    at = end + 1;
  }
}

function wordsOf(line: Uint8Array): readonly string[] {
  const words: string[] = [];
  let word = "";
  for (const byte of line) {
    if (!isSpace(byte)) word += String.fromCharCode(byte);
    else if (word !== "") {
      words.push(word);
      word = "";
    }
  }
  if (word !== "") words.push(word);
  return words;
}

function guessBinary(head: Uint8Array): CnfProofFormat {
  if (head[0] !== LETTER_A && head[0] !== LETTER_D) return "frat-binary";
  const asDrat = stepsRead(head, 1);
  const asLrat = stepsRead(head, 2);
  return asLrat.isWhole && asLrat.count > 0 && !asDrat.isWhole ? "lrat-binary" : "drat-binary";
}

/** How many steps can be read when an addition has so many lists, and whether nothing disturbs. */
function stepsRead(
  head: Uint8Array,
  lists: number,
): { readonly count: number; readonly isWhole: boolean } {
  let count = 0;
  for (let at = 0; at < head.length;) {
    const letter = head[at++];
    if (letter !== LETTER_A && letter !== LETTER_D) return { count, isWhole: false };
    for (let list = letter === LETTER_A ? lists : 1; list > 0; list--) {
      const end = endOfList(head, at);
      if (end < 0) return { count, isWhole: true };
      at = end;
    }
    count++;
  }
  return { count, isWhole: true };
}

/** Behind the list's zero; −1 when it is not there. */
function endOfList(head: Uint8Array, from: number): number {
  let isWithin = false;
  for (let at = from; at < head.length; at++) {
    if (head[at] === 0 && !isWithin) return at + 1;
    isWithin = head[at]! >= 0x80;
  }
  return -1;
}
