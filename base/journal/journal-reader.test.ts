import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, toHex, utf8 } from "../bytes.ts";
import { crc32c } from "./crc32c.ts";
import { JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import type { JournalEvent, RecordingHeader } from "./journal-event.ts";
import { BLOCK_BYTES_MAX, BLOCK_EVENT_COUNT_MAX, GAP_COUNT_MAX } from "./limits.ts";
import {
  BLOCK_HEAD_SIZE,
  BLOCK_MAGIC,
  encodeBlock,
  encodeRecordingHeader,
} from "./recording-format.ts";
import { anyEvent, anyHeader } from "./testing/generated-events.ts";

const HEADER: RecordingHeader = {
  origin: "simulation",
  title: "seed 7",
  memberCount: 4,
  faultyMax: 1,
  names: ["replica-0", "replica-1", "replica-2", "replica-3"],
  seed: 7,
};

describe("a recording", () => {
  it("gives back header and events as they were, in whatever pieces it comes", () => {
    fc.assert(
      fc.property(
        anyHeader,
        fc.array(fc.array(anyEvent, { minLength: 1, maxLength: 20 }), { maxLength: 4 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 300 })),
        (header, groups, sizes) => {
          const bytes = recordingOf(groups, header);
          const { reader, events } = read(piecesOf(bytes, sizes));
          expect(reader.header).toEqual(header);
          expect(events).toEqual(groups.flat());
          expect(reader.gapCount).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("has exactly these bytes", () => {
    const bytes = recordingOf([[event(1, { view: 2, digest: "00112233445566ff" })]]);
    expect(toHex(bytes)).toMatchInlineSnapshot(
      `"514a4f55524e4c31000000341dc51fbdc64cf0b00106736565642037040104097265706c6963612d30097265706c6963612d31097265706c6963612d32097265706c6963612d3308514a42310000004900000001018bcfe56800018bcfe56800b3ac2dfbcb649023050574696d6572047669657706646967657374097265706c6963612d30097265706c6963612d3102030104020100020101020400000080a0abfef962010101040200112233445566ff"`,
    );
  });

  it("cut off anywhere loses its last block and says so, without an error", () => {
    const groups = [[event(1), event(2)], [event(3)], [event(4), event(5)]];
    const bytes = recordingOf(groups);
    const ends = blockEnds(groups);
    for (let size = 0; size < bytes.length; size++) {
      const { reader, events } = read([bytes.subarray(0, size)]);
      const whole = ends.filter((end) => end <= size).length;
      expect(events).toEqual(groups.slice(0, whole).flat());
      const isBoundary = size === 0 || ends.includes(size) || size === headerSize();
      expect(reader.gapCount).toBe(isBoundary ? 0 : 1);
    }
  });

  it("with any byte changed loses at most the block that it stood in", () => {
    const groups = [[event(1), event(2)], [event(3)], [event(4), event(5)]];
    const bytes = recordingOf(groups);
    const ends = blockEnds(groups);
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] as number) ^ mask;
        const { reader, events } = read([damaged]);
        const lost = ends.findIndex((end) => at < end);
        expect(reader.gapCount).toBe(1);
        if (at < headerSize()) expect(reader.header).toBeUndefined();
        else expect(events).toEqual(groups.filter((_, index) => index !== lost).flat());
      }
    }
  });

  it("is read while it grows", () => {
    const reader = new JournalReader();
    const header = encodeRecordingHeader(HEADER);
    expect(reader.push(header)).toEqual([]);
    const block = blockOf([event(1)]);
    expect(reader.push(block.subarray(0, 40))).toEqual([]);
    expect(reader.push(block.subarray(40)).map((each) => each.event(0))).toEqual([event(1)]);
    expect(reader.waitingSize).toBe(0);
  });

  it("goes on over segments one behind the other, each with its header", () => {
    const { reader, events } = read([recordingOf([[event(1)]]), recordingOf([[event(2)]])]);
    expect(events).toEqual([event(1), event(2)]);
    expect(reader.gapCount).toBe(0);
  });

  it("is small: a batch-level event takes less than 40 bytes", () => {
    const writer = new JournalWriter();
    for (let sequence = 1; sequence <= 8000; sequence++) writer.add(typicalEvent(sequence));
    const size = (writer.flush() as Uint8Array).length;
    expect(size / 8000).toBeLessThan(40);
  });
});

describe("hostile bytes", () => {
  it("never throw, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (chunks) => {
        const { reader, events } = read(chunks);
        expect(events).toEqual([]);
        expect(reader.waitingSize).toBe(0);
      }),
    );
  });

  it("under a right checksum are judged byte by byte", () => {
    const body = blockOf([event(1, { view: 2, what: "timer", digest: "00112233445566ff" })]).slice(
      BLOCK_HEAD_SIZE,
    );
    const span = { eventCount: 1, earliestMs: MS, latestMs: MS };
    expect(read([encodeBlock(body, span)]).events).toHaveLength(1);
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = body.slice();
        changed[at] = (changed[at] as number) ^ mask;
        const { reader, events } = read([encodeBlock(changed, span)]);
        // What is taken is an event like any other: it can be written and read again.
        if (events.length > 0) expect(read([blockOf(events)]).events).toEqual(events);
        else expect(reader.gapCount).toBe(1);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["a block that claims to be longer than any", claim(BLOCK_BYTES_MAX + 1, 1), 1],
    ["a block of more events than any", claim(100, BLOCK_EVENT_COUNT_MAX + 1), 1],
    ["a block without events", claim(0, 0), 1],
  ])("%s is a gap at once", (_what, bytes, gaps) => {
    const reader = new JournalReader();
    reader.push(concatBytes(bytes, utf8("and more")));
    expect(reader.waitingSize).toBeLessThan(10);
    reader.end();
    expect(reader.gapCount).toBe(gaps);
  });

  it("make no more gaps than are listed, and each is counted", () => {
    const reader = new JournalReader();
    const good = blockOf([event(1)]);
    for (let index = 0; index < GAP_COUNT_MAX + 5; index++) {
      reader.push(utf8("nonsense"));
      reader.push(good);
    }
    reader.end();
    expect(reader.gaps).toHaveLength(GAP_COUNT_MAX);
    expect(reader.gapCount).toBe(GAP_COUNT_MAX + 5);
    expect(reader.gaps[0]).toEqual({ offset: 0, size: 8, why: "neither header nor block" });
  });
});

describe("the checksum", () => {
  it.each([
    ["123456789", 0xe3069283],
    ["", 0],
    ["a", 0xc1d04330],
  ])("of %j is as published", (text, expected) => {
    expect(crc32c(utf8(text))).toBe(expected);
  });

  it("of two parts is that of the whole", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (left, right) => {
        const whole = crc32c(concatBytes(left, right));
        expect(crc32c(right, 0, right.length, crc32c(left))).toBe(whole);
      }),
    );
  });
});

const MS = 1_700_000_000_000;

function event(sequence: number, detail: JournalEvent["detail"] = {}): JournalEvent {
  return {
    id: { author: { name: "replica-0", incarnation: 1 }, sequence },
    hlc: { milliseconds: MS, counter: sequence },
    kind: "timer",
    parents: [{ author: { name: "replica-1", incarnation: 2 }, sequence: 2 * sequence }],
    detail,
  };
}

function typicalEvent(index: number): JournalEvent {
  const replica = index % 4;
  const parent = (name: string): JournalEvent["parents"][number] => ({
    author: { name, incarnation: 1 },
    sequence: Math.ceil(index / 4),
  });
  return {
    id: { author: { name: `replica-${replica}`, incarnation: 1 }, sequence: Math.ceil(index / 4) },
    hlc: { milliseconds: MS + index, counter: index % 3 },
    kind: index % 2 === 0 ? "prepared" : "committed",
    parents: index % 2 === 0 ? [parent("replica-1"), parent("replica-2")] : [],
    detail: {
      epoch: 0,
      view: 1,
      sequence: index,
      digest: (index * 0x9e3779b1).toString(16).padStart(16, "0"),
      signers: "0 1 2",
    },
  };
}

function blockOf(events: readonly JournalEvent[]): Uint8Array {
  const writer = new JournalWriter();
  for (const each of events) writer.add(each);
  return writer.flush() as Uint8Array;
}

function recordingOf(
  groups: readonly (readonly JournalEvent[])[],
  header: RecordingHeader = HEADER,
): Uint8Array {
  return concatBytes(encodeRecordingHeader(header), ...groups.map(blockOf));
}

function headerSize(): number {
  return encodeRecordingHeader(HEADER).length;
}

function blockEnds(groups: readonly (readonly JournalEvent[])[]): number[] {
  let end = headerSize();
  return groups.map((group) => (end += blockOf(group).length));
}

function read(chunks: readonly Uint8Array[]): { reader: JournalReader; events: JournalEvent[] } {
  const reader = new JournalReader();
  const events = chunks.flatMap((chunk) =>
    reader.push(chunk).flatMap((each) => [...each.events()]),
  );
  reader.end();
  return { reader, events };
}

function piecesOf(bytes: Uint8Array, sizes: Iterable<number>): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) break;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function claim(bodySize: number, eventCount: number): Uint8Array {
  const head = encodeBlock(new Uint8Array(0), { eventCount, earliestMs: 0, latestMs: 0 });
  new DataView(head.buffer, head.byteOffset).setUint32(BLOCK_MAGIC.length, bodySize);
  new DataView(head.buffer, head.byteOffset).setUint32(28, crc32c(head, 0, 28));
  return head;
}
