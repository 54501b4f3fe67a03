import type { GatewayOptions, RunningGateway } from "../start-gateway.ts";
import type { RawAnswer } from "./raw-request.ts";
import type { rawRequest } from "./raw-request.ts";
import type { ScriptedCluster } from "./scripted-cluster.ts";

/** What a door's own test says of it; everything else is the same for all doors. */
export interface DoorCase {
  readonly id: string;
  /** A path that the door serves, by a number, so that tests have as many keys as they need. */
  readonly path: (index: number) => string;
  /** Namespace and name of that path. */
  readonly entry: (index: number) => { readonly namespace: string; readonly name: string };
  /**
   * A body that the tool might put, in the form in which it comes out again; different for each
   * number. LARGE is above 1 MiB and MIDDLING above 256 KiB, where `hasLarge`.
   */
  readonly body: (index: number) => Uint8Array;
  /** How such a body lies in the cluster. */
  readonly stored: (body: Uint8Array) => { readonly bytes: Uint8Array; readonly kind: string };
  readonly hasLarge: boolean;
  /** Another answer under the same key is a conflict: neither versioned nor under its own digest. */
  readonly isImmutable: boolean;
  /** A body that the door cannot keep, and what the tool hears then. */
  readonly malformed?: { readonly body: Uint8Array; readonly status: number };
  /** The protocol has no such call. */
  readonly hasNoDelete?: boolean;
  /** With which the door's port is opened. */
  readonly options?: GatewayOptions;
  /** How a request is made there. Undefined: over HTTP, at the gateway's own port. */
  readonly call?: (
    gateway: RunningGateway,
    path: string,
    options?: Parameters<typeof rawRequest>[2],
  ) => Promise<RawAnswer>;
  /** Only certain kinds are served. */
  readonly isPicky: boolean;
  /** Counter of an entry whose meaning is not what it says. */
  readonly wrongMeaning?: string;
  /** Whatever happens, the tool hears nothing else. */
  readonly allowed: readonly number[];
  readonly status: {
    readonly miss: number;
    readonly stored: readonly number[];
    readonly readOnlyPut: number;
    readonly overSize: number;
    readonly withdrawn: number;
  };
}

export interface DoorWorld {
  readonly cluster: ScriptedCluster;
  readonly gateway: RunningGateway;
  readonly call: (path: string, options?: Parameters<typeof rawRequest>[2]) => Promise<RawAnswer>;
}
