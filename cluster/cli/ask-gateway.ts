import { Option } from "commander";
import { QuorateError } from "../../base/quorate-error.ts";
import { GATEWAY_PORT_DEFAULT } from "./options.ts";

export interface GatewayUrlOptions {
  readonly gateway: string;
  readonly token?: string;
}

export function gatewayUrlOption(): Option {
  return new Option("--gateway <url>", "the gateway that is asked")
    .env("QUORATE_GATEWAY")
    .default(`http://127.0.0.1:${GATEWAY_PORT_DEFAULT}`);
}

export function tokenOption(): Option {
  return new Option("--token <token>", "for a gateway that asks for one").env("QUORATE_TOKEN");
}

const TIMEOUT_MS = 10_000;

/**
 * One answer of a running gateway's API.
 * @throws QuorateError GATEWAY_UNREACHABLE, and what the gateway says
 */
export async function askGateway<Answer>(
  { gateway, token }: GatewayUrlOptions,
  path: string,
): Promise<Answer> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let body: unknown;
  try {
    const response = await fetch(new URL(path, gateway), { headers, signal });
    body = await response.json();
    if (response.ok) return body as Answer;
  } catch (error) {
    throw unreachable(gateway, error);
  }
  const { code, message, hint } = (body as Partial<Refusal> | null)?.error ?? {};
  if (code === undefined) throw unreachable(gateway, undefined);
  throw new QuorateError(code, message ?? "the gateway refused", hint ?? "");
}

interface Refusal {
  readonly error: { readonly code?: string; readonly message?: string; readonly hint?: string };
}

function unreachable(gateway: string, cause: unknown): QuorateError {
  return new QuorateError(
    "GATEWAY_UNREACHABLE",
    `no gateway answers at ${gateway}`,
    "start one with quorate gateway, or name it with --gateway",
    { cause },
  );
}
