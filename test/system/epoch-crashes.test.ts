import { mkdirSync, rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { SIGNED_STATEMENT, signedCodec, statementCodec } from "../../consensus/wire/certificate.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { Disguise } from "../../node/disguise.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { eventually } from "../../node/testing/eventually.ts";
import type { Transport } from "../../node/transport/transport.ts";
import { EpochCluster } from "./epoch-cluster.ts";

/** What is lost or held back while one epoch ends and the next begins. */

let cluster: EpochCluster;
beforeEach(async () => {
  cluster = await EpochCluster.create();
});
afterEach(() => cluster?.close());

async function addFifth(): Promise<void> {
  await cluster.client.put("epochs", "before", utf8("before"));
  const fifth = await cluster.newcomer("node-4");
  await cluster.order({ add: [fifth.member] }, [fifth.key]);
}

const haveBegun = (names: readonly string[]) => (): boolean =>
  names.every((name) => cluster.replica(name).status().epoch === 1);
const areReady = (names: readonly string[]) => (): boolean =>
  names.every((name) => cluster.replica(name).status().ready);
const EVERYBODY = ["node-0", "node-1", "node-2", "node-3", "node-4"];

/** Keeps its statement of a sequence at which an epoch may end to itself, and says no more then. */
function leavesSilently(): Disguise {
  return {
    transport: (inner, identity): Transport => {
      let isSilent = false;
      return {
        index: inner.index,
        open: (handler) => inner.open(handler),
        peers: () => inner.peers(),
        send: (to, kind, body) => {
          if (identity.committee.epoch === 0 && kind === FRAME.signed) {
            const signed = signedCodec.decode(body);
            const sequence =
              signed.type === SIGNED_STATEMENT ? statementCodec.decode(signed.body).sequence : 0;
            isSilent ||= sequence >= 384 && sequence % 128 === 0;
          }
          if (!isSilent) inner.send(to, kind, body);
        },
        close: () => inner.close(),
      };
    },
    answer: (_kind, body) => body,
    blobs: (blobs) => blobs,
  };
}

describe("an epoch change", () => {
  it("is followed by those whom one who had the link left without a word", async () => {
    // Amnesiac, so that the other three make the quorum, and one of them keeps what it has.
    rmSync(folderLayout(cluster.path("node-3")).promises, { recursive: true });
    await cluster.start(new Map([["node-0", leavesSilently()]]));
    await addFifth();
    await eventually(haveBegun(["node-0", "node-1", "node-2"]));
  });

  it("is not forgotten with the chain file: what was promised in the epoch still counts", async () => {
    await cluster.start();
    await addFifth();
    await eventually(areReady(EVERYBODY));
    for (const key of ["one", "two"]) await cluster.client.put("epochs", key, utf8(key));
    await cluster.stop("node-2");
    rmSync(folderLayout(cluster.path("node-2")).chainFile);
    await cluster.run("node-2");
    await eventually(haveBegun(["node-2"]));
    await eventually(areReady(["node-2"]));
    expect(cluster.replica("node-2").status()).toMatchObject({ amnesiac: false, epoch: 1 });
  });

  it("waits for a disk that does not take the link, and goes on by itself", async () => {
    const file = folderLayout(cluster.path("node-2")).chainFile;
    mkdirSync(file, { recursive: true });
    await cluster.start();
    await addFifth();
    await eventually(areReady(EVERYBODY.filter((name) => name !== "node-2")));
    // It may come to the epoch's end later than the others; and there it stands.
    await eventually(() => cluster.replica("node-2").index === undefined);
    rmSync(file, { recursive: true });
    await eventually(areReady(["node-2"]));
    expect(cluster.replica("node-2").status().epoch).toBe(1);
  });
});
