import { QuorateError } from "../../base/quorate-error.ts";

/** Why a port cannot be listened on, for people. */
export function listenError(error: Error, host: string, port: number): QuorateError {
  const { code } = error as { readonly code?: string };
  if (code === "EADDRINUSE") {
    return new QuorateError(
      "PORT_IN_USE",
      `somebody listens on ${host}:${port} already`,
      "end that, or choose another port with --port",
    );
  }
  return new QuorateError(
    "PORT_UNUSABLE",
    `${host}:${port} cannot be listened on: ${error.message}`,
    "choose an address of this machine and a port above 1023",
  );
}
