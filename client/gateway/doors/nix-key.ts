import { existsSync } from "node:fs";
import { join } from "node:path";
import { createKeyFile, readKeyFile } from "../../../base/host/key-file.ts";
import type { NixKey } from "./nix-door.ts";

/**
 * The key of this machine's gateway, made at the first start. It vouches for nothing but that this
 * gateway has verified an answer, to the Nix of the same machine; no key of the cluster exists
 * anywhere.
 * @throws QuorateError KEY_FILE_MODE and the like
 */
export function openNixKey(folder: string): NixKey {
  const path = join(folder, "nix-key.json");
  const key = existsSync(path) ? readKeyFile(path) : createKeyFile(path);
  return {
    name: "quorate-gateway-1",
    publicKey: key.publicKey,
    sign: (message) => key.sign(message),
  };
}
