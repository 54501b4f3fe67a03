import { join } from "node:path";
import { createKeyFile, readKeyFile } from "../../base/host/key-file.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { ADMINISTRATION_ENROL } from "../../consensus/wire/write-set.ts";
import type { Fault, Stage } from "./fault.ts";

const NAMESPACE = "flood";
const VALUE_BYTES = 4_000;

/** A writer of its own, enrolled like any other, keeps so many puts under way. */
export function floodFault(outstanding: number): Fault {
  let client: Client | undefined;
  let loops: readonly Promise<void>[] = [];
  const stopping = new AbortController();
  let count = 0;
  return {
    kind: "client-flood",
    available: () => undefined,
    async inject(stage) {
      const signer = await enrol(stage);
      client = await connect({ genesis: stage.cluster.genesis, signer });
      loops = Array.from({ length: outstanding }, async (_, place) => {
        for (let turn = 0; !stopping.signal.aborted; turn++) {
          const value = new Uint8Array(VALUE_BYTES).fill(place);
          try {
            await client!.put(NAMESPACE, `${place}-${turn}`, value);
            count++;
          } catch {
            // Refused for being too much: that is what others live by.
          }
        }
      });
    },
    async heal() {
      stopping.abort();
      await client?.close();
      await Promise.all(loops);
      loops = [];
    },
    missed: () => (count > 0 ? undefined : "nothing of the flood was written"),
    describe: () => `${outstanding} puts of ${VALUE_BYTES} bytes under way; ${count} were written`,
  };
}

async function enrol({ cluster, ledger }: Stage): Promise<ReturnType<typeof readKeyFile>> {
  const file = join(ledger.folder, "flooder.json");
  const { publicKey } = createKeyFile(file);
  const operator = await connect({
    genesis: cluster.genesis,
    signer: readKeyFile(cluster.folder.operatorKey),
  });
  try {
    await operator.administer("", {
      action: ADMINISTRATION_ENROL,
      subject: publicKey,
      operator: "flooder",
      namespaces: [NAMESPACE],
      confirmations: 0,
      key: undefined,
    });
  } finally {
    await operator.close();
  }
  return readKeyFile(file);
}
