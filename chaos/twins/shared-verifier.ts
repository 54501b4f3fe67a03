import { Verifier } from "../../consensus/verifier.ts";

type Verify = "votePack" | "signed" | "batch" | "writeSet" | "committed";

/**
 * The real verifier with one memory for all instances of all scenarios. A verdict follows from the
 * bytes and the committee alone, and these are the same for everybody: so bytes that four instances
 * receive are looked at once, and which of them comes first changes nothing.
 */
export class SharedVerifier extends Verifier {
  readonly #verdicts: { readonly [name in Verify]: WeakMap<Uint8Array, unknown> } = {
    votePack: new WeakMap(),
    signed: new WeakMap(),
    batch: new WeakMap(),
    writeSet: new WeakMap(),
    committed: new WeakMap(),
  };

  override votePack(bytes: Uint8Array): ReturnType<Verifier["votePack"]> {
    return this.#once("votePack", bytes, () => super.votePack(bytes));
  }

  override signed(bytes: Uint8Array): ReturnType<Verifier["signed"]> {
    return this.#once("signed", bytes, () => super.signed(bytes));
  }

  override batch(bytes: Uint8Array): ReturnType<Verifier["batch"]> {
    return this.#once("batch", bytes, () => super.batch(bytes));
  }

  override writeSet(bytes: Uint8Array): ReturnType<Verifier["writeSet"]> {
    return this.#once("writeSet", bytes, () => super.writeSet(bytes));
  }

  override committed(bytes: Uint8Array): ReturnType<Verifier["committed"]> {
    return this.#once("committed", bytes, () => super.committed(bytes));
  }

  #once<T>(name: Verify, bytes: Uint8Array, verify: () => T): T {
    const known = this.#verdicts[name].get(bytes);
    if (known !== undefined) return known as T;
    const verdict = verify();
    this.#verdicts[name].set(bytes, verdict);
    return verdict;
  }
}
