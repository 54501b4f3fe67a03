import { join } from "node:path";
import { connect } from "../connect.ts";
import { gatewayFolder, startGateway } from "./start-gateway.ts";
import type { GatewayOptions, RunningGateway } from "./start-gateway.ts";

export type { GatewayOptions, RunningGateway } from "./start-gateway.ts";

/**
 * Starts one gateway in this process with a client of its own. It serves at once, whether or not
 * the cluster can be reached; without `genesis` it is local and has none.
 * @throws QuorateError FOLDER_IN_USE, PORT_IN_USE, PORT_UNUSABLE
 */
export function runGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const { genesis, signer, freshnessMsMax } = options;
  if (genesis === undefined) return startGateway(options, undefined);
  const folder = join(gatewayFolder(options), "client");
  return startGateway(options, (signal) =>
    connect({
      genesis,
      signer,
      folder,
      signal,
      ...(freshnessMsMax === undefined ? {} : { freshnessMsMax }),
    }),
  );
}
