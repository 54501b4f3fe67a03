import type { ClientOptions, ServerOptions } from "ws";
import { FRAME_BYTES_MAX } from "../../consensus/limits.ts";
import { HANDSHAKE_MS_MAX } from "../limits.ts";

/** Compression costs more than the loopback or a LAN, and is an oracle for secrets and bombs. */
export function serverOptions(frameBytesMax: number): ServerOptions {
  return {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // One byte of kind before the largest body.
    maxPayload: frameBytesMax + 1,
    // Our frames come whole; a few fragments are allowed to proxies.
    maxFragments: 64,
  };
}

/**
 * Masks exist so that a script in a browser cannot forge traffic through a proxy; between replicas
 * there is no such script, and a mask of zeros spares both ends the work.
 */
function zeroMask(mask: Buffer): void {
  mask.fill(0);
}

export function dialOptions(): ClientOptions {
  return {
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX + 1,
    maxFragments: 64,
    handshakeTimeout: HANDSHAKE_MS_MAX,
    generateMask: zeroMask,
  };
}
