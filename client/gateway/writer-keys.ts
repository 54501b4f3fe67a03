import { toHex } from "../../base/bytes.ts";
import type { Client, Signer, WriterClient } from "../types.ts";

/** Whose write it is: a writer's public key, in hexadecimal. Undefined: the gateway's own. */
export type WriterName = string | undefined;

export function writerName({ publicKey }: Signer): string {
  return toHex(publicKey);
}

/** The keys under which a gateway signs: its own, and those that its tokens name. */
export class WriterKeys {
  readonly #signers: ReadonlyMap<string, Signer>;

  constructor(signers: readonly Signer[] = []) {
    this.#signers = new Map(signers.map((signer) => [writerName(signer), signer]));
  }

  /** Undefined: the key is none of this gateway's (any more), and nothing is signed in its place. */
  writing(client: Client, writer: WriterName): WriterClient | undefined {
    if (writer === undefined) return client;
    const signer = this.#signers.get(writer);
    return signer && client.asWriter(signer);
  }
}
