import { readUint64, toHex } from "../../base/bytes.ts";
import type { PromiseRecord } from "../../consensus/replica/output.ts";
import type { Vote } from "../../consensus/wire/certificate.ts";
import { VOTE_COMMIT } from "../../consensus/wire/certificate.ts";
import type { PromiseFiles } from "./promise-files.ts";
import { decodePromise } from "./promise-record.ts";
import { KIND_CLOSED, KIND_FLOOR, KIND_SEALED, scanSegment } from "./segment-format.ts";
import type { ScannedSegment } from "./segment-format.ts";

/**
 * Reads a folder of promises and judges whether all of them are there. Changes nothing.
 *
 * Whole means: segments without a gap from at or below the floor that was last written; every one
 * but the last sealed and unbroken; of the last at most the end torn; every record understood; and
 * for every commit vote above the floor its prepared certificate. Anything less is amnesia
 * (R12).
 */
export interface ReadSegment {
  readonly number: number;
  readonly salt: Uint8Array;
  readonly frameCount: number;
  readonly end: number;
  readonly records: readonly PromiseRecord[];
}

export type ReadPromises =
  | {
      readonly state: "ok";
      /** From the floor on. */
      readonly segments: readonly ReadSegment[];
      readonly below: number;
      /** Files that a crash left over: dropped already, or never used. */
      readonly leftover: readonly string[];
      /** The last segment ended in the middle of a turn. */
      readonly torn: boolean;
    }
  | { readonly state: "amnesiac"; readonly why: string };

const NAME = /^segment-([0-9]{8})$/;

export function segmentName(number: number): string {
  return `segment-${String(number).padStart(8, "0")}`;
}

class Amnesia extends Error {}

/** @throws what the file system says when a file is there and cannot be read */
export function readPromises(files: Pick<PromiseFiles, "list" | "read" | "sha256">): ReadPromises {
  try {
    return judge(files);
  } catch (error) {
    if (error instanceof Amnesia) return { state: "amnesiac", why: error.message };
    throw error;
  }
}

function judge(files: Pick<PromiseFiles, "list" | "read" | "sha256">): ReadPromises {
  const { numbers, dropped } = segmentNumbers(files);
  const leftover = dropped.map(segmentName);
  const scanned = numbers.map((number) => {
    const segment = scanSegment(files.read(segmentName(number)), files.sha256);
    return segment?.number === number ? segment : undefined;
  });
  // A crash between making the next segment and sealing this one leaves the next without a frame.
  const last = scanned.at(-1);
  const before = scanned.at(-2);
  if (before !== undefined && !isSealed(before) && (last?.frames.length ?? 0) === 0) {
    leftover.push(segmentName(numbers.at(-1) ?? 0));
    scanned.pop();
  }
  const segments = scanned.map((segment, index) => {
    if (segment === undefined) throw new Amnesia(`${segmentName(numbers[index] ?? 0)} is damaged`);
    return segment;
  });
  demandUnbroken(segments);
  const floor = floorOf(segments);
  const lowest = segments[0]?.number ?? 0;
  if (lowest > floor.lowest) throw new Amnesia(`${segmentName(floor.lowest)} is missing`);
  const kept = segments.filter((segment) => segment.number >= floor.lowest);
  for (const { number } of segments) if (number < floor.lowest) leftover.push(segmentName(number));
  const read = kept.map(understand);
  demandPrepared(read, floor.below);
  const torn = segments.at(-1)?.verdict === "torn";
  return { state: "ok", segments: read, below: floor.below, leftover, torn };
}

/**
 * Those behind the last gap. Removals are not flushed, so after a crash any of the dropped segments
 * may be there again: what lies before a gap is one of these, or the floor will say that it is not.
 */
function segmentNumbers(files: Pick<PromiseFiles, "list">): {
  readonly numbers: number[];
  readonly dropped: readonly number[];
} {
  let names: readonly string[];
  try {
    names = files.list();
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "ENOENT") throw error;
    throw new Amnesia("the folder of promises is missing");
  }
  const numbers = names.flatMap((name) => {
    const match = NAME.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  if (numbers.length === 0) throw new Amnesia("there is no promise file");
  numbers.sort((left, right) => left - right);
  const last = numbers.at(-1) ?? 0;
  const behind = numbers.filter((number, index) => last - number === numbers.length - 1 - index);
  return { numbers: behind, dropped: numbers.slice(0, numbers.length - behind.length) };
}

function isSealed(segment: ScannedSegment): boolean {
  return segment.verdict === "whole" && segment.frames.at(-1)?.at(-1)?.kind === KIND_SEALED;
}

function demandUnbroken(segments: readonly ScannedSegment[]): void {
  segments.forEach((segment, index) => {
    const name = segmentName(segment.number);
    if (segment.verdict === "broken") throw new Amnesia(`${name} is damaged before its end`);
    const isLast = index === segments.length - 1;
    if (!isLast && !isSealed(segment)) throw new Amnesia(`${name} has lost its end`);
    if (isLast && isSealed(segment)) {
      throw new Amnesia(`${segmentName(segment.number + 1)} is missing`);
    }
  });
}

function floorOf(segments: readonly ScannedSegment[]): { lowest: number; below: number } {
  let floor = { lowest: 1, below: 0 };
  for (const segment of segments) {
    for (const { kind, body } of segment.frames.flat()) {
      if (kind !== KIND_FLOOR) continue;
      if (body.length !== 16) throw new Amnesia(`${segmentName(segment.number)}: no such floor`);
      floor = { lowest: Number(readUint64(body)), below: Number(readUint64(body, 8)) };
    }
  }
  return floor;
}

function understand(segment: ScannedSegment): ReadSegment {
  const records: PromiseRecord[] = [];
  for (const { kind, body } of segment.frames.flat()) {
    if (kind === KIND_FLOOR || kind === KIND_SEALED || kind === KIND_CLOSED) continue;
    const record = decodePromise(kind, body);
    if (record === undefined) {
      throw new Amnesia(
        `${segmentName(segment.number)}: a record of kind ${kind} is not understood`,
      );
    }
    records.push(record);
  }
  const { number, salt, end } = segment;
  return { number, salt, end, frameCount: segment.frames.length, records };
}

/** A commit rests on a prepared certificate: whoever has lost it could vote otherwise. */
function demandPrepared(segments: readonly ReadSegment[], below: number): void {
  const prepared = new Set<string>();
  const name = ({ epoch, view, sequence, digest }: Omit<Vote, "type">): string =>
    `${epoch} ${view} ${sequence} ${toHex(digest)}`;
  for (const record of segments.flatMap((segment) => segment.records)) {
    if (record.type === "prepared") prepared.add(name(record.certificate));
    if (record.type !== "vote" || record.vote.type !== VOTE_COMMIT) continue;
    if (record.vote.sequence <= below || prepared.has(name(record.vote))) continue;
    throw new Amnesia(`the commit of sequence ${record.vote.sequence} lacks what it rests on`);
  }
}
