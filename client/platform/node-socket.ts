import type { Agent } from "node:http";
import { WebSocket } from "ws";
import { hostPortOf } from "../../base/replica-address.ts";
import { FRAME_BYTES_MAX } from "../../consensus/limits.ts";
import { HANDSHAKE_MS_MAX } from "../limits.ts";
import type { PlatformSocket, SocketEvents } from "./platform.ts";

/** `ws`, without compression: it costs more than a LAN and is an oracle and a bomb. */
export function openNodeSocket(
  address: string,
  agent: Agent,
  events: SocketEvents,
): PlatformSocket {
  const socket = new WebSocket(`ws://${hostPortOf(address)}/client`, {
    agent,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX + 1,
    maxFragments: 64,
    handshakeTimeout: HANDSHAKE_MS_MAX,
    // A mask protects proxies from scripts in browsers; there is no script here.
    generateMask: (mask) => void mask.fill(0),
  });
  socket.binaryType = "nodebuffer";
  socket.on("open", () => events.onOpen());
  socket.on("message", (data, isBinary) => {
    if (isBinary && data instanceof Uint8Array) {
      events.onMessage(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    } else {
      socket.terminate();
    }
  });
  // A close event follows every error.
  socket.on("error", () => undefined);
  socket.on("close", () => events.onClose());
  return {
    send(bytes) {
      if (socket.readyState === WebSocket.OPEN) socket.send(bytes);
    },
    bufferedBytes: () => socket.bufferedAmount,
    close: () => socket.terminate(),
  };
}
