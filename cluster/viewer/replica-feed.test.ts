import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { expect, it, onTestFinished } from "vitest";
import { eventName } from "../../base/journal/journal-event.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import { encodeRecordingHeader } from "../../base/journal/recording-format.ts";
import { generatedHeader } from "../../base/journal/testing/generated-tape.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { temporaryFolder } from "../../node/testing/temporary-folder.ts";
import { ReplicaFeed } from "./replica-feed.ts";

const HEADER = encodeRecordingHeader(
  generatedHeader({ memberCount: 4, clientCount: 0, instanceCount: 0, seed: 1 }),
);

function note(incarnation: number, sequence: number, name = "replica-0"): JournalEvent {
  return {
    id: { author: { name, incarnation }, sequence },
    hlc: { milliseconds: 1000 + sequence, counter: 0 },
    kind: "timer",
    parents: [],
    detail: {},
  };
}

function block(...events: readonly JournalEvent[]): Uint8Array {
  const writer = new JournalWriter();
  for (const event of events) writer.add(event);
  return writer.flush()!.slice();
}

/** A replica that streams what the test says, from a folder that the test writes. */
async function world(): Promise<{
  readonly folder: string;
  readonly heard: string[];
  readonly lost: (string | undefined)[];
  readonly over: boolean[];
  readonly subscribers: WebSocket[];
  readonly write: (incarnation: number, ...sequences: readonly number[]) => void;
  readonly follow: () => void;
}> {
  const folder = join(temporaryFolder(), "journal");
  mkdirSync(folder);
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  const subscribers: WebSocket[] = [];
  server.on("connection", (socket) => {
    subscribers.push(socket);
    socket.send(HEADER);
  });
  await once(http.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    for (const socket of subscribers) socket.terminate();
    http.close();
  });
  const heard: string[] = [];
  const lost: (string | undefined)[] = [];
  const over: boolean[] = [];
  return {
    folder,
    heard,
    lost,
    over,
    subscribers,
    write: (incarnation, ...sequences) => {
      const bytes = block(...sequences.map((sequence) => note(incarnation, sequence)));
      writeFileSync(
        join(folder, `${incarnation}-${String(sequences[0]).padStart(6, "0")}.qjournal`),
        Buffer.concat([HEADER, bytes]),
      );
    },
    follow: () => {
      const { port } = http.address() as AddressInfo;
      const feed = new ReplicaFeed(
        { name: "replica-0", address: `127.0.0.1:${port}`, folder, isNamed: true },
        {
          onEvent: ({ id }) => heard.push(eventName(id)),
          onMissed: () => undefined,
          onState: () => undefined,
          onLost: (last, isEpochOver) => {
            lost.push(last && eventName(last));
            over.push(isEpochOver);
          },
        },
      );
      onTestFinished(() => feed.close());
    },
  };
}

it("hands on what was written while nobody listened yet, before what is streamed, once", async () => {
  const { write, follow, subscribers, heard } = await world();
  write(1, 1, 2);
  follow();
  expect(heard).toEqual(["replica-0#1:1", "replica-0#1:2"]);
  await eventually(() => subscribers.length === 1);
  write(1, 3, 4);
  subscribers[0]?.send(block(note(1, 4), note(1, 5)));
  await eventually(() => heard.length === 5);
  expect(heard.slice(2)).toEqual(["replica-0#1:3", "replica-0#1:4", "replica-0#1:5"]);
  subscribers[0]?.send(block(note(1, 6)));
  await eventually(() => heard.at(-1) === "replica-0#1:6");
});

it("says with what a replica ended, and hands on how it began again", async () => {
  const { write, follow, subscribers, heard, lost, over } = await world();
  write(1, 1);
  follow();
  await eventually(() => subscribers.length === 1);
  subscribers[0]?.send(block(note(1, 2)));
  await eventually(() => heard.length === 2);
  subscribers[0]?.terminate();
  await eventually(() => lost.length === 1);
  expect(lost).toEqual(["replica-0#1:2"]);
  expect(over).toEqual([false]);
  write(2, 1, 2);
  await eventually(() => subscribers.length === 2);
  subscribers[1]?.send(block(note(2, 3)));
  await eventually(() => heard.length === 5);
  expect(heard.slice(2)).toEqual(["replica-0#2:1", "replica-0#2:2", "replica-0#2:3"]);
});

it("tells the end of an epoch from the end of a process", async () => {
  const { follow, subscribers, heard, lost, over } = await world();
  follow();
  await eventually(() => subscribers.length === 1);
  subscribers[0]?.send(block(note(1, 1), note(1, 2)));
  subscribers[0]?.close(1001, "epoch over");
  await eventually(() => lost.length === 1);
  expect(heard).toEqual(["replica-0#1:1", "replica-0#1:2"]);
  expect(over).toEqual([true]);
  await eventually(() => subscribers.length === 2);
});

it("leaves out what another replica says that listens where this one did", async () => {
  const { follow, subscribers, heard } = await world();
  follow();
  await eventually(() => subscribers.length === 1);
  subscribers[0]?.send(block(note(1, 1), note(7, 1, "replica-4"), note(1, 2)));
  await eventually(() => heard.length === 2);
  expect(heard).toEqual(["replica-0#1:1", "replica-0#1:2"]);
});
