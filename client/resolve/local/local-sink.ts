import type { ProofSink } from "../publish.ts";
import type { ProofFolder } from "./proof-folder.ts";

/** This machine's store; a recording is one, too. */
export function localSink(folder: ProofFolder, name = "local"): ProofSink {
  return {
    name,
    of: "local",
    isShared: false,
    publish: (proof) => Promise.resolve(folder.put(proof)),
  };
}
