import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fromHex } from "../../base/bytes.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { PUBLIC_KEY_SIZE } from "../../base/types.ts";
import type { PublicKey } from "../../base/types.ts";

/**
 * The public key that a person means: as 64 hexadecimal digits, or by the file that holds its pair.
 *
 * @throws QuorateError USAGE, or what `readKeyFile` throws
 */
export function readPublicKey(text: string): PublicKey {
  const bytes = fromHex(text);
  if (bytes?.length === PUBLIC_KEY_SIZE) return bytes as PublicKey;
  const path = resolve(text);
  if (existsSync(path)) return readKeyFile(path).publicKey;
  throw new QuorateError(
    "USAGE",
    `"${text}" is no public key of 64 lower-case hexadecimal digits, and no file`,
    "`quorate key new FILE` makes a key and prints its public half",
  );
}
