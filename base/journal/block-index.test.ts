import { expect, it } from "vitest";
import { blocksWithin, indexRecording } from "./block-index.ts";
import type { RecordingIndex } from "./block-index.ts";
import { JournalReader } from "./journal-reader.ts";
import { generatedEvents, generatedRecording } from "./testing/generated-tape.ts";

const OPTIONS = { memberCount: 4, clientCount: 2, instanceCount: 400, seed: 5 };
const bytes = new Uint8Array(Buffer.concat([...generatedRecording(OPTIONS)]));
const events = [...generatedEvents(OPTIONS)];

let bytesRead = 0;
function index(of: Uint8Array): Promise<RecordingIndex | undefined> {
  bytesRead = 0;
  const readAt = (offset: number, length: number): Promise<Uint8Array> => {
    bytesRead += length;
    return Promise.resolve(of.subarray(offset, offset + length));
  };
  return indexRecording(readAt, of.length);
}

it("finds every block by reading little, and each can be read alone", async () => {
  const found = await index(bytes);
  expect(found?.eventCount).toBe(events.length);
  expect(found!.blocks.length).toBeGreaterThan(1);
  expect(bytesRead).toBeLessThan(bytes.length / 50);
  const [second] = found!.blocks.slice(1);
  const { offset, size, eventCount, earliestMs, latestMs } = second!;
  const [block] = new JournalReader().push(bytes.slice(offset, offset + size));
  const times = [...block!.events()].map(({ hlc }) => hlc.milliseconds);
  expect(times.length).toBe(eventCount);
  expect([Math.min(...times), Math.max(...times)]).toEqual([earliestMs, latestMs]);
});

it("names the blocks that reach into a span, and no others", async () => {
  const found = (await index(bytes))!;
  const [first, second] = found.blocks as [
    RecordingIndex["blocks"][0],
    RecordingIndex["blocks"][0],
  ];
  expect(blocksWithin(found, second.latestMs, Infinity)).toEqual(found.blocks.slice(1));
  expect(blocksWithin(found, 0, first.earliestMs)).toEqual([first]);
  expect(blocksWithin(found, 0, first.earliestMs - 1)).toEqual([]);
});

it("leaves out a block that was cut off", async () => {
  const found = (await index(bytes))!;
  const last = found.blocks.at(-1)!;
  const cut = await index(bytes.slice(0, last.offset + last.size - 1));
  expect(cut?.blocks).toEqual(found.blocks.slice(0, -1));
});

it("of what has gaps, or no header, knows none", async () => {
  const found = (await index(bytes))!;
  const torn = bytes.slice();
  torn[found.blocks[1]!.offset + 5]! ^= 1;
  expect(await index(torn)).toBeUndefined();
  expect(await index(bytes.slice(1))).toBeUndefined();
  expect(await index(bytes.slice(0, 7))).toBeUndefined();
});
