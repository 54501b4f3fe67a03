import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import { KnownTheories } from "../proof/frame/known-theories.ts";
import { equalBytes } from "../base/bytes.ts";
import { isSecureAddress } from "../base/replica-address.ts";
import type { ProcessParts } from "./epochs/epoch-run.ts";
import type { EpochRun } from "./epochs/epoch-run.ts";
import type { Membership } from "./epochs/membership.ts";
import type { EvidenceFolder } from "./evidence-folder.ts";
import { StoreBlobs } from "./host/store-blobs.ts";
import { blobRoute } from "./http/blob-routes.ts";
import type { UploadDesk } from "./http/blob-routes.ts";
import { chainRoute } from "./http/chain-route.ts";
import { evidenceRoutes } from "./http/evidence-routes.ts";
import { haltRoutes } from "./http/halt-routes.ts";
import { healthRoutes } from "./http/health-routes.ts";
import { HttpServer } from "./http/http-server.ts";
import type { UpgradeHandler } from "./http/http-server.ts";
import { permittedRoute } from "./http/permitted-route.ts";
import { UploadSlots } from "./http/upload-slots.ts";
import { valuePackRoute } from "./http/value-pack-route.ts";
import { timeRoute } from "./http/time-route.ts";
import { createMetrics } from "./metrics/metrics.ts";
import type { ReplicaStatus } from "./status.ts";
import type { TimeStatus } from "./time/time-status.ts";
import type { Timekeeper } from "./time/timekeeper.ts";

/**
 * The one port of a replica. It outlives every configuration: what a request leads to is looked up
 * when it comes, and between two epochs, or as no member, connections are refused.
 */
export function createReplicaServer(
  parts: ProcessParts,
  membership: Membership,
  timekeeper: Timekeeper,
): HttpServer {
  const { figures, own, opened, verifier, evidence, epochs, clock } = parts;
  const { disguise } = parts.options;
  const { store } = opened;
  const stored = new StoreBlobs(store.values);
  const blobs = disguise?.blobs(stored) ?? stored;
  const status = (): ReplicaStatus => membership.status();
  const time = (): TimeStatus => timekeeper.status(clock.leadMs);
  const theories = new KnownTheories(nodeCrypto.hash);
  const uploads = { blobs, desk: deskOf(membership), figures, slots: new UploadSlots() };
  const metrics = createMetrics({
    figures,
    status,
    inputQueueLength: () => membership.run?.host.inputQueueLength ?? 0,
    sendQueues: () => membership.run?.transport.peers() ?? [],
    verifications: () => verifier.signatureCount,
    evidence: () => piecesByAccused(evidence),
    time,
    store: () => ({
      flushed_sequence: store.flushedSequence,
      disk_full: store.diskFull ? 1 : 0,
      rows_pending_bytes: store.rows.pendingBytes,
      values_wanted: membership.run?.host.fetcher.count ?? 0,
      write_sets_awaiting_values: membership.run?.host.desk.count ?? 0,
      proofs_waiting: membership.run?.host.admission.count ?? 0,
    }),
  });
  const server = new HttpServer(
    {
      requests: new Map([
        ...healthRoutes(status, metrics),
        ...evidenceRoutes(evidence),
        ...haltRoutes({
          account: () => membership.account,
          resume: (order) => membership.resume(order),
        }),
        ["/time", timeRoute(time)],
        ["/chain/", chainRoute(epochs)],
        ["/blob/", blobRoute(uploads)],
        ["/blobs/", valuePackRoute(uploads)],
        ["/proofs/", permittedRoute({ blobs, figures, theories, hash: nodeCrypto.hash })],
      ]),
      upgrades: new Map([
        ["/peer", upgrade(membership, (run) => run.transport)],
        ["/client", upgrade(membership, (run) => run.door)],
        ["/journal", upgrade(membership, (run) => run.journal?.door)],
      ]),
    },
    figures.drops,
    isSecure(parts) ? own.key.tlsIdentity() : undefined,
  );
  membership.onKey = (key) => server.show(key.tlsIdentity());
  return server;
}

/** As whoever follows the chain reaches us; a stranger to it listens as its folder says. */
function isSecure({ epochs, own, loaded }: ProcessParts): boolean {
  const { members } = epochs.newest;
  const ours = members.find(({ publicKey }) => equalBytes(publicKey, own.key.publicKey));
  return ours === undefined ? loaded.isSecure : isSecureAddress(ours.address);
}

interface Door {
  accept(request: IncomingMessage, raw: Duplex, head: Buffer): void;
}

function upgrade(
  membership: Membership,
  doorOf: (run: EpochRun) => Door | undefined,
): UpgradeHandler {
  return (request, socket, head) => {
    const { run } = membership;
    const door = run && doorOf(run);
    if (door === undefined) socket.destroy();
    else door.accept(request, socket, head);
  };
}

/** Of no configuration nothing is wanted. */
function deskOf(membership: Membership): UploadDesk {
  const desk = (): UploadDesk | undefined => membership.run?.host.desk;
  return {
    wantedSize: (digest) => desk()?.wantedSize(digest),
    writersOf: (digest) => desk()?.writersOf(digest) ?? [],
    digestersFor: (digest) => desk()?.digestersFor(digest) ?? new Map(),
    arrived: (digest, size, digesters) => desk()?.arrived(digest, size, digesters),
  };
}

function piecesByAccused({ pieces }: EvidenceFolder): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { accused } of pieces) counts[accused] = (counts[accused] ?? 0) + 1;
  return counts;
}
