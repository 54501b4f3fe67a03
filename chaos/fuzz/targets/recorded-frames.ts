import type { FrameKind } from "../../../consensus/wire/frame.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { TestCluster } from "../../../consensus/replica/testing/test-cluster.ts";

export interface RecordedFrame {
  readonly kind: FrameKind;
  readonly body: Uint8Array;
}

/** Of each kind the first few are enough: the rest look like them. */
const FRAMES_PER_KIND_MAX = 6;

/** A cluster that has been through everything that sends frames, with its first frames of each kind. */
export function recordFrames(): {
  readonly cluster: TestCluster;
  readonly frames: readonly RecordedFrame[];
} {
  const cluster = new TestCluster({ seed: 11 });
  const frames: RecordedFrame[] = [];
  const counts = new Map<FrameKind, number>();
  const note = (kind: FrameKind, body: Uint8Array): void => {
    const count = counts.get(kind) ?? 0;
    if (count >= FRAMES_PER_KIND_MAX) return;
    counts.set(kind, count + 1);
    frames.push({ kind, body });
  };
  cluster.passes = ({ kind, body, from }) => {
    note(kind, body);
    // Some loss, so that batches and certificates have to be fetched.
    return from !== 2 || !cluster.prng.chance(0.3);
  };
  for (let round = 0; round < 12; round++) {
    const writer = cluster.writers[round % cluster.writers.length]!;
    const { bytes } = writer.put(`value ${round}`, { inline: round % 3 !== 0 });
    note(FRAME.forward, bytes);
    for (const host of cluster.hosts) host.submit(bytes);
    if (round === 4) cluster.host(0).crash();
    if (round === 8) cluster.host(0).boot();
    cluster.run(400);
  }
  cluster.run(3000);
  return { cluster, frames };
}

/** A frame's body, and every byte string inside it that may be a message of its own. */
export function bytesInside(value: unknown, into: Uint8Array[] = []): readonly Uint8Array[] {
  if (value instanceof Uint8Array) into.push(value);
  else if (Array.isArray(value)) for (const each of value as unknown[]) bytesInside(each, into);
  else if (typeof value === "object" && value !== null) {
    for (const each of Object.values(value)) bytesInside(each, into);
  }
  return into;
}
