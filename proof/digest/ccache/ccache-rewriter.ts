import { concatBytes } from "../../../base/bytes.ts";
import type { Rewriter } from "../artifact-kind.ts";
import { HeldTail } from "../held-tail.ts";
import { Xxh3128 } from "../xxh3/xxh3-128.ts";
import { TAIL_SIZE } from "./ccache-body.ts";
import { FixedTime } from "./fixed-time.ts";

/** Creation time 0, and the checksum that goes with it: ccache accepts the body as its own. */
export class CcacheRewriter implements Rewriter {
  readonly #checksum = new Xxh3128();
  readonly #time = new FixedTime();
  readonly #tail = new HeldTail(TAIL_SIZE);

  update(chunk: Uint8Array): Uint8Array {
    const pieces: Uint8Array[] = [];
    this.#tail.push(chunk, (piece) => {
      const fixed = this.#time.overwrite(piece);
      this.#checksum.update(fixed);
      // A piece of the held tail is overwritten once this call returns.
      pieces.push(fixed === piece && piece.buffer !== chunk.buffer ? piece.slice() : fixed);
    });
    return pieces.length === 1 ? (pieces[0] as Uint8Array) : concatBytes(...pieces);
  }

  finish(): Uint8Array {
    return this.#checksum.finish().subarray(0, this.#tail.bytes.length);
  }
}
