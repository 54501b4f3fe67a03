import { join } from "node:path";
import { createKeyFile, readKeyFile } from "../../base/host/key-file.ts";
import { connect } from "../../client/connect.ts";
import { ADMINISTRATION_ENROL } from "../../consensus/wire/write-set.ts";
import type { LocalCluster } from "./local-cluster.ts";

/** Makes `count` writer keys, each with an operator of its own, and has the operator enrol them. */
export async function enrolWriters(cluster: LocalCluster, count: number): Promise<string[]> {
  const operator = await connect({
    genesis: cluster.genesis,
    signer: readKeyFile(join(cluster.folder, "operator", "key.json")),
  });
  const files = Array.from({ length: count }, (_, index) =>
    join(cluster.folder, `bench-writer-${index}.json`),
  );
  try {
    await Promise.all(
      files.map((file, index) =>
        operator.administer("", {
          action: ADMINISTRATION_ENROL,
          subject: createKeyFile(file).publicKey,
          operator: `bench-${index}`,
          namespaces: ["bench"],
          confirmations: 0,
          key: undefined,
        }),
      ),
    );
  } finally {
    await operator.close();
  }
  return files;
}
