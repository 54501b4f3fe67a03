import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Sequence } from "../../base/types.ts";
import { CHECKPOINT_INTERVAL } from "../../consensus/limits.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import {
  heartbeatCodec,
  SIGNED_HEARTBEAT,
  SIGNED_STATEMENT,
  signedCodec,
  statementCodec,
} from "../../consensus/wire/certificate.ts";
import type { SignedType, Statement } from "../../consensus/wire/certificate.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { Disguise } from "../../node/disguise.ts";
import type { Identity } from "../../node/transport/handshake.ts";
import type { Transport } from "../../node/transport/transport.ts";

/**
 * A member that lies where epochs meet, under its own true key: of each statement at which an epoch
 * may end it tells every second peer another root, and with each statement of a later epoch it goes
 * on speaking for the epoch before: a heartbeat and a statement after that one's end.
 */
export class BoundaryLiar implements Disguise {
  /** How often each lie was told. */
  readonly told: Record<"root" | "old-heartbeat" | "old-statement", number> = {
    root: 0,
    "old-heartbeat": 0,
    "old-statement": 0,
  };
  /** Until then it is as honest as everybody. */
  lies = false;
  #last: Identity | undefined;

  transport(inner: Transport, identity: Identity): Transport {
    const before = this.#last;
    this.#last = identity;
    return {
      index: inner.index,
      open: (handler) => inner.open(handler),
      peers: () => inner.peers(),
      send: (to, kind, body) => {
        const signed = this.lies && kind === FRAME.signed ? signedCodec.decode(body) : undefined;
        if (signed?.type !== SIGNED_STATEMENT) {
          inner.send(to, kind, body);
          return;
        }
        const statement = statementCodec.decode(signed.body);
        if (to !== "all" || statement.sequence % CHECKPOINT_INTERVAL !== 0) {
          inner.send(to, kind, body);
        } else this.#sendTwo(inner, identity, statement, body);
        if (before !== undefined) this.#speakFor(before, inner, statement);
      },
      close: () => inner.close(),
    };
  }

  answer(_kind: unknown, body: Uint8Array): Uint8Array {
    return body;
  }

  blobs<Blobs>(blobs: Blobs): Blobs {
    return blobs;
  }

  /** The root as it is to every second peer, and to the others another one. */
  #sendTwo(inner: Transport, identity: Identity, statement: Statement, body: Uint8Array): void {
    const stateRoot = nodeCrypto.hash(statement.stateRoot);
    const lie = sign(
      identity,
      SIGNED_STATEMENT,
      statementCodec.encode({ ...statement, stateRoot }),
    );
    for (const [place, { index }] of inner.peers().entries()) {
      if (place % 2 === 1) this.told.root++;
      inner.send(index, FRAME.signed, place % 2 === 1 ? lie : body);
    }
  }

  /** For an epoch that is over, of sequences that are not its own. */
  #speakFor(before: Identity, inner: Transport, { sequence, ...rest }: Statement): void {
    const { epoch } = before.committee;
    const { stateRoot, agreedTime: asOf } = rest;
    const nonce = new Uint8Array(0);
    const heartbeat = heartbeatCodec.encode({ epoch, sequence, stateRoot, asOf, nonce });
    inner.send("all", FRAME.signed, sign(before, SIGNED_HEARTBEAT, heartbeat));
    this.told["old-heartbeat"]++;
    const other = { ...rest, epoch, sequence: (sequence + 1) as Sequence };
    inner.send("all", FRAME.signed, sign(before, SIGNED_STATEMENT, statementCodec.encode(other)));
    this.told["old-statement"]++;
  }
}

function sign({ committee, index, sign: signWith }: Identity, type: SignedType, body: Uint8Array) {
  const { clusterId, epoch } = committee;
  const domain = type === SIGNED_STATEMENT ? DOMAIN.statement : DOMAIN.heartbeat;
  const signature = signWith(signingBytes(domain, clusterId, epoch, body));
  return signedCodec.encode({ author: index, type, epoch, body, signature });
}
