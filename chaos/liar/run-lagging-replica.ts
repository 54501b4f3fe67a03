import { runReplica } from "../../node/run-replica.ts";
import type { RunningReplica } from "../../node/run-replica.ts";
import type { Transport } from "../../node/transport/transport.ts";

/**
 * A replica that tells no lie and is always late: it hears its peers only after `delayMs`, so it
 * answers clients at once and truly, under roots that the others have left behind.
 */
export function runLaggingReplica(folder: string, delayMs: number): Promise<RunningReplica> {
  return runReplica({
    folder,
    logLevel: "silent",
    onFatal: (error) => {
      throw error;
    },
    disguise: {
      transport: (transport) => lagging(transport, delayMs),
      answer: (_kind, body) => body,
      blobs: (blobs) => blobs,
    },
  });
}

/** Equal delays, so frames stay in order; what is under way when it closes is lost. */
function lagging(inner: Transport, delayMs: number): Transport {
  const underWay = new Set<NodeJS.Timeout>();
  return {
    index: inner.index,
    open(handler) {
      inner.open({
        onFrame(from, kind, body) {
          const timer = setTimeout(() => {
            underWay.delete(timer);
            handler.onFrame(from, kind, body);
          }, delayMs);
          underWay.add(timer);
        },
        onPeerUp: (index) => handler.onPeerUp(index),
        onPeerLost: (index) => handler.onPeerLost(index),
      });
    },
    send: (to, kind, body) => inner.send(to, kind, body),
    peers: () => inner.peers(),
    async close() {
      for (const timer of underWay) clearTimeout(timer);
      await inner.close();
    },
  };
}
