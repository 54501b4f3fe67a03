import { fromHex } from "../../../base/bytes.ts";
import { isCanonicalPoint, isCanonicalScalar } from "../../../base/host/canonical-encoding.ts";
import { portableCrypto } from "../../../base/host/portable-crypto.ts";
import type { PublicKey, Signature } from "../../../base/types.ts";

/** Hex, so that they travel as text. */
export interface SignatureCase {
  readonly key: string;
  readonly message: string;
  readonly signature: string;
}

export interface Verdict {
  /** The fallback in plain JavaScript. */
  readonly fallback: boolean;
  /** The browser's own Ed25519 behind our rule; undefined: it has none. */
  readonly own: boolean | undefined;
}

/** What the page offers to whoever drives it. */
export interface SignaturesPage {
  judge(cases: readonly SignatureCase[]): Promise<readonly Verdict[]>;
}

async function judge(cases: readonly SignatureCase[]): Promise<readonly Verdict[]> {
  const hasOwn = await knowsEd25519();
  const verdicts: Verdict[] = [];
  for (const one of cases) {
    const [key, message, signature] = [bytes(one.key), bytes(one.message), bytes(one.signature)];
    verdicts.push({
      fallback: portableCrypto.verify(key as PublicKey, message, signature as Signature),
      own: hasOwn ? await verifyOwn(key, message, signature) : undefined,
    });
  }
  return verdicts;
}

const { subtle } = globalThis.crypto;

async function knowsEd25519(): Promise<boolean> {
  try {
    await subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return true;
  } catch {
    return false;
  }
}

async function verifyOwn(
  key: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  if (key.length !== 32 || signature.length !== 64) return false;
  if (!isCanonicalScalar(signature.subarray(32))) return false;
  if (!isCanonicalPoint(signature.subarray(0, 32)) || !isCanonicalPoint(key)) return false;
  try {
    const imported = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return await subtle.verify({ name: "Ed25519" }, imported, signature, message);
  } catch {
    return false;
  }
}

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(fromHex(hex) ?? []);
}

const page: SignaturesPage = { judge };
Object.assign(globalThis, { quorate: page });
