import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CAUSE_HINT_SIZE } from "../../base/journal/cause-hint.ts";
import { EventScribe } from "../../base/journal/event-scribe.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { eventName } from "../../base/journal/journal-event.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { Tally } from "../metrics/tally.ts";
import type { Transport, TransportHandler } from "../transport/transport.ts";
import { JournaledTransport } from "./journaled-transport.ts";
import { TRACED_BODY_BYTES_MAX } from "./limits.ts";
import { decodeTraced, encodeTraced } from "./traced-frame.ts";

const BODY = Uint8Array.of(1, 2, 3);
const HINT = { incarnation: 1, sequence: 7, milliseconds: 1000, counter: 0 };

describe("a frame", () => {
  it("names the newest event once to each peer, and arrives as it was sent", () => {
    const { here, sent, frames } = pair();
    here.transport.send("all", FRAME.votePack, BODY);
    here.scribe.note("proposed", {});
    here.transport.send(1 as ReplicaIndex, FRAME.signed, BODY);
    here.transport.send(1 as ReplicaIndex, FRAME.signed, BODY);
    here.transport.send("all", FRAME.votePack, BODY);
    here.transport.send(1 as ReplicaIndex, FRAME.signed, BODY);
    const { votePack, signed, traced } = FRAME;
    expect(sent).toEqual([votePack, traced, signed, traced, signed]);
    expect(frames.map(({ kind }) => kind)).toEqual([votePack, signed, signed, votePack, signed]);
    expect(frames.every(({ body }) => body.join() === BODY.join())).toBe(true);
  });

  it("that is large goes as it is", () => {
    const { here, sent } = pair();
    here.scribe.note("proposed", {});
    here.transport.send("all", FRAME.batch, new Uint8Array(TRACED_BODY_BYTES_MAX + 1));
    here.transport.send("all", FRAME.votePack, BODY);
    expect(sent).toEqual([FRAME.batch, FRAME.traced]);
  });

  it("over a new connection names what an old one may have lost", () => {
    const { here, sent, handlerHere } = pair();
    here.scribe.note("proposed", {});
    here.transport.send("all", FRAME.votePack, BODY);
    handlerHere().onPeerUp(1 as ReplicaIndex);
    here.transport.send("all", FRAME.votePack, BODY);
    expect(sent).toEqual([FRAME.traced, FRAME.traced]);
  });
});

describe("the receiver", () => {
  it("has its next event follow from the sender's", () => {
    const { here, there } = pair();
    here.scribe.note("proposed", {});
    here.transport.send("all", FRAME.votePack, BODY);
    there.scribe.note("voted", {});
    expect(there.events[0]?.parents.map(eventName)).toEqual(["replica-0#1:1"]);
  });

  it("drops and counts what is no frame inside", () => {
    const { deliver, frames, drops } = pair();
    const inner = [
      new Uint8Array(CAUSE_HINT_SIZE),
      encodeTraced(FRAME.traced, BODY, HINT),
      encodeTraced(250 as FrameKind, BODY, HINT),
    ];
    for (const body of inner) deliver(FRAME.traced, body);
    expect(frames).toEqual([]);
    expect(drops.get("traced-frame-malformed")).toBe(3);
  });

  it("takes the frame though its hint is nonsense", () => {
    const { deliver, frames, there } = pair();
    const bytes = encodeTraced(FRAME.signed, BODY, HINT);
    deliver(FRAME.traced, bytes.fill(0, 0, CAUSE_HINT_SIZE));
    expect(frames).toHaveLength(1);
    there.scribe.note("voted", {});
    expect(there.events[0]?.parents).toEqual([]);
  });

  it("throws at nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const traced = decodeTraced(bytes);
        if (traced !== undefined) expect(traced.frame.kind).not.toBe(FRAME.traced);
      }),
    );
  });
});

interface End {
  readonly transport: JournaledTransport;
  readonly scribe: EventScribe;
  readonly events: JournalEvent[];
}

/** Replica 0 sends, replica 1 receives. */
function pair(): {
  here: End;
  there: End;
  sent: FrameKind[];
  frames: { kind: FrameKind; body: Uint8Array }[];
  drops: Tally;
  deliver: (kind: FrameKind, body: Uint8Array) => void;
  handlerHere: () => TransportHandler;
} {
  const sent: FrameKind[] = [];
  const frames: { kind: FrameKind; body: Uint8Array }[] = [];
  const drops = new Tally();
  const handlers: (TransportHandler | undefined)[] = [undefined, undefined];
  const end = (index: number): End => {
    const events: JournalEvent[] = [];
    const scribe = new EventScribe(
      {
        author: { name: `replica-${index}`, incarnation: 1 },
        nowMs: () => 1000,
        aheadMsMax: 500,
      },
      { take: (event) => events.push(event) },
    );
    const plain: Transport = {
      index: index as ReplicaIndex,
      open: (handler) => (handlers[index] = handler),
      send: (_to, kind, body) => {
        sent.push(kind);
        handlers[1 - index]?.onFrame(index as ReplicaIndex, kind, body);
      },
      peers: () => [],
      close: () => Promise.resolve(),
    };
    const transport = new JournaledTransport(plain, scribe, drops);
    transport.open({
      onFrame: (_from, kind, body) => frames.push({ kind, body }),
      onPeerUp: () => undefined,
      onPeerLost: () => undefined,
    });
    return { transport, scribe, events };
  };
  const [here, there] = [end(0), end(1)];
  return {
    ...{ here, there, sent, frames, drops },
    deliver: (kind, body) => handlers[1]?.onFrame(0 as ReplicaIndex, kind, body),
    handlerHere: () => handlers[0] as TransportHandler,
  };
}
