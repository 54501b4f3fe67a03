import { createServer } from "node:net";
import { QuorateError } from "../../base/quorate-error.ts";

export interface PortClaim {
  /** For people: "replica 0", "gateway". */
  readonly owner: string;
  readonly host: string;
  readonly port: number;
  /** The option that names another one. */
  readonly option: string;
}

/**
 * Opens and closes each port, so that a taken one is told before anything was made or started.
 * @throws QuorateError PORT_IN_USE, PORT_UNUSABLE
 */
export async function claimPorts(claims: readonly PortClaim[]): Promise<void> {
  for (const claim of claims) await tryPort(claim);
}

/** Ports on which nobody listens, for whoever asked for port 0. */
export async function freePorts(host: string, count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(
      servers.map(
        (server) =>
          new Promise<number>((resolve, reject) => {
            server.once("error", reject);
            server.listen({ host, port: 0 }, () => {
              const address = server.address();
              resolve(typeof address === "object" && address ? address.port : 0);
            });
          }),
      ),
    );
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

function tryPort(claim: PortClaim): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => reject(refusal(claim, error)));
    server.listen({ host: claim.host, port: claim.port }, () => server.close(() => resolve()));
  });
}

function refusal(claim: PortClaim, error: NodeJS.ErrnoException): QuorateError {
  const place = `${claim.host}:${claim.port}`;
  if (error.code === "EADDRINUSE") {
    return new QuorateError(
      "PORT_IN_USE",
      `port ${claim.port} for ${claim.owner} is in use (${place})`,
      `end what listens there, or choose another port with ${claim.option}`,
      { cause: error },
    );
  }
  return new QuorateError(
    "PORT_UNUSABLE",
    `${claim.owner} cannot listen on ${place}: ${error.code ?? error.message}`,
    error.code === "EADDRNOTAVAIL"
      ? "the address belongs to another machine: run the replica there with quorate node"
      : `choose another port with ${claim.option}`,
    { cause: error },
  );
}
