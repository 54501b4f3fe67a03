import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { describe, expect, it, onTestFinished } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { Tally } from "../metrics/tally.ts";
import { eventually } from "../testing/eventually.ts";
import { EPOCH_OVER, JournalDoor } from "./journal-door.ts";
import { JOURNAL_SUBSCRIBER_BYTES_MAX, JOURNAL_SUBSCRIBER_COUNT_MAX } from "./limits.ts";

const BLOCK = new Uint8Array(256 * 1024).fill(5);

describe("the journal's door", () => {
  it("hands the header over first, then each block", async () => {
    const { door, connect } = await open();
    const { messages } = await connect();
    door.publish(utf8("block"), 3);
    await eventually(() => messages.length === 2);
    expect(messages.map(String)).toEqual(["HEADER", "block"]);
  });

  it("waits for no slow reader, and tells it later how many events it missed", async () => {
    const { door, connect, drops } = await open();
    const { socket, messages } = await connect();
    socket.pause();
    // More than the bound and what both kernels' buffers hold.
    const count = Math.ceil((8 * JOURNAL_SUBSCRIBER_BYTES_MAX) / BLOCK.length);
    for (let index = 0; index < count; index++) door.publish(BLOCK, 10);
    const missed = drops.get("journal-reader-slow");
    expect(missed).toBeGreaterThan(0);
    socket.resume();
    await eventually(() => {
      door.publish(utf8("tail"), 1);
      return messages.some((message) => String(message) === "tail");
    });
    const told = messages.flatMap((message) => {
      const text = message.length < 100 ? String(message) : "";
      return text.startsWith("{") ? [(JSON.parse(text) as { missed: number }).missed] : [];
    });
    expect(told.length).toBeGreaterThan(0);
    expect(told.reduce((sum, each) => sum + each, 0)).toBe(drops.get("journal-reader-slow"));
  });

  it("lets no more readers in than its bound", async () => {
    const { door, connect, drops } = await open();
    for (let index = 0; index < JOURNAL_SUBSCRIBER_COUNT_MAX; index++) await connect();
    await expect(connect()).rejects.toThrow("503");
    expect(drops.get("journal-readers-too-many")).toBe(1);
    expect(door.count).toBe(JOURNAL_SUBSCRIBER_COUNT_MAX);
  });

  it("says why it closes, behind everything that was published", async () => {
    const { door, connect } = await open();
    const { socket, messages } = await connect();
    const ended = new Promise<[number, string, number]>((resolve) =>
      socket.once("close", (code, why) => resolve([code, String(why), messages.length])),
    );
    door.publish(utf8("last"), 1);
    await door.close(EPOCH_OVER);
    expect(await ended).toEqual([1001, "epoch over", 2]);
    expect(messages.map(String)).toEqual(["HEADER", "last"]);
  });

  it("takes nobody in any more once it closes", async () => {
    const { door, connect } = await open();
    const { socket } = await connect();
    socket.pause();
    const closed = door.close();
    await expect(connect()).rejects.toThrow();
    await closed;
    expect(door.count).toBe(0);
  });

  it("closes although a reader never answers", async () => {
    const { door, connect } = await open();
    const { socket } = await connect();
    socket.pause();
    await door.close();
    expect(door.count).toBe(0);
  });

  it("forgets a reader that goes", async () => {
    const { door, connect } = await open();
    const { socket } = await connect();
    socket.close();
    await eventually(() => door.count === 0);
  });
});

async function open(): Promise<{
  door: JournalDoor;
  drops: Tally;
  connect: () => Promise<{ socket: WebSocket; messages: Buffer[] }>;
}> {
  const drops = new Tally();
  const door = new JournalDoor({ header: utf8("HEADER"), token: undefined }, drops);
  const server = createServer();
  server.on("upgrade", (request, socket, head) => door.accept(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    await door.close();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const connect = async (): Promise<{ socket: WebSocket; messages: Buffer[] }> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/journal`, { perMessageDeflate: false });
    const messages: Buffer[] = [];
    socket.on("message", (data: Buffer) => messages.push(data));
    onTestFinished(() => socket.terminate());
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    await eventually(() => messages.length > 0);
    return { socket, messages };
  };
  return { door, drops, connect };
}
