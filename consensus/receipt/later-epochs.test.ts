import { describe, expect, it } from "vitest";
import { hlcFromMs } from "../../base/hlc.ts";
import {
  boundaryOf,
  certify,
  chainOf,
  committeeOf,
  linkFrom,
  stateOf,
} from "../epochs/testing/chain-maker.ts";
import { genesisOf } from "../genesis.ts";
import type { Genesis } from "../genesis.ts";
import { keyOfName } from "../hashing.ts";
import { entryStateKey } from "../map/state-keys.ts";
import { sha256, tableCrypto } from "../replica/testing/table-crypto.ts";
import type { Receipt } from "../wire/receipt.ts";
import { encodeReceipt } from "./receipt-bytes.ts";
import { verifyReceipt } from "./verify-receipt.ts";
import type { ReceiptVerdict } from "./verify-receipt.ts";

/** A reader that knows genesis alone, and a receipt of epoch 50. */
const EPOCH = 50;
const { members, faultyMax, clusterId } = committeeOf(0);
const genesis: Genesis = {
  ...genesisOf(sha256, {
    ...{ name: "chain", members, faultyMax, writers: [], namespaces: [] },
    time: hlcFromMs(1_800_000_000_000),
  }),
  clusterId,
};

const key = keyOfName(sha256, "nowhere");
const stateKey = entryStateKey(sha256, "default", key);
const { root, prove } = stateOf([[new Uint8Array(33), Uint8Array.of(1)]]);
const sequence = boundaryOf(EPOCH - 1) + 7;

function receipt(changes: Partial<Receipt> = {}): Receipt {
  return {
    ...{ format: 1, clusterId, namespace: "default", key, proof: prove(stateKey) },
    row: new Uint8Array(0),
    certificate: certify(EPOCH, { sequence, root }),
    heartbeats: [],
    links: chainOf(EPOCH),
    ...changes,
  };
}

const verify = (of: Receipt): ReceiptVerdict =>
  verifyReceipt(tableCrypto, genesis, encodeReceipt(sha256, of));
const replaced = (at: number, link: Uint8Array): Uint8Array[] => {
  const links = [...chainOf(EPOCH)];
  links[at] = link;
  return links;
};

describe("a receipt of epoch 50, by one who knows genesis", () => {
  it("is verified along the chain that it carries", () => {
    expect(verify(receipt())).toMatchObject({
      valid: true,
      kind: "absence",
      epoch: EPOCH,
      sequence,
    });
  });

  it.each<[string, Partial<Receipt>, string]>([
    ["with no chain", { links: [] }, "RECEIPT_CERTIFICATE_INVALID"],
    [
      "with a link missing in the middle",
      { links: chainOf(EPOCH).toSpliced(20, 1) },
      "RECEIPT_EPOCH_UNKNOWN",
    ],
    ["with the last link missing", { links: chainOf(EPOCH - 1) }, "RECEIPT_EPOCH_UNKNOWN"],
    ["with a link too many", { links: chainOf(EPOCH + 1) }, "RECEIPT_EPOCH_UNKNOWN"],
    [
      "with a link that too few signed",
      { links: replaced(30, linkFrom(30, { authors: [0, 1] })) },
      "RECEIPT_EPOCH_UNKNOWN",
    ],
    [
      "with a link signed by the epoch before",
      { links: replaced(30, linkFrom(30, { epoch: 29, sequence: boundaryOf(30) })) },
      "RECEIPT_EPOCH_UNKNOWN",
    ],
    [
      "with a link into another configuration",
      {
        links: replaced(
          49,
          linkFrom(49, { next: { ...committeeOf(EPOCH), members: committeeOf(60).members } }),
        ),
      },
      "RECEIPT_CERTIFICATE_INVALID",
    ],
    [
      "signed by retired keys",
      { certificate: certify(EPOCH - 1, { sequence, root }) },
      "RECEIPT_EPOCH_UNKNOWN",
    ],
    [
      "of a sequence before the epoch began",
      { certificate: certify(EPOCH, { sequence: boundaryOf(EPOCH - 1), root }) },
      "RECEIPT_EPOCH_UNKNOWN",
    ],
    [
      "signed by too few",
      { certificate: certify(EPOCH, { sequence, root }, [0, 1]) },
      "RECEIPT_CERTIFICATE_INVALID",
    ],
  ])("is refused %s", (_, changes, code) => {
    expect(verify(receipt(changes))).toMatchObject({ valid: false, code });
  });

  it("is refused when retired keys sign for a time after theirs, with the chain to their epoch", () => {
    const late = { certificate: certify(3, { sequence, root }), links: chainOf(3) };
    // A reader that knows no later link believes Q of the newest epoch that it is shown …
    expect(verify(receipt(late)).valid).toBe(true);
    // … and with one link more it does not.
    expect(verify(receipt({ ...late, links: chainOf(4) }))).toMatchObject({ valid: false });
  });
});
