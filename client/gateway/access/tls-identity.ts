import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { SecureContextOptions } from "node:tls";
import { QuorateError } from "../../../base/quorate-error.ts";

/** With what the gateway shows who it is to tools on other machines. */
export interface TlsFiles {
  /** PEM, its own certificate first, then those that lead to one that tools trust. */
  readonly certificate: string;
  /** PEM; nobody else's to read. */
  readonly key: string;
}

/** TLS 1.3 and nothing before it: every tool that is served speaks it. */
export type TlsIdentity = Pick<SecureContextOptions, "cert" | "key" | "minVersion">;

/** @throws QuorateError TLS_UNUSABLE */
export function readTlsIdentity(files: TlsFiles): TlsIdentity {
  try {
    const cert = readFileSync(files.certificate);
    const key = readFileSync(files.key);
    const mode = statSync(files.key).mode & 0o7777;
    if ((mode & 0o077) !== 0) throw new Error(`${files.key} has mode ${mode.toString(8)}`);
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
      throw new Error(`the key is not that of ${files.certificate}`);
    }
    return { cert, key, minVersion: "TLSv1.3" };
  } catch (error) {
    throw new QuorateError(
      "TLS_UNUSABLE",
      `this certificate and key cannot be served with: ${(error as Error).message}`,
      "a certificate and its key as PEM files, the key with mode 0600",
      { cause: error },
    );
  }
}
