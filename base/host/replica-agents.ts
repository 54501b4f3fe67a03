import { Agent } from "node:http";
import type { AgentOptions } from "node:http";
import { hostPortOf, isSecureAddress } from "../replica-address.ts";
import { PinnedAgent } from "./pinned-agent.ts";
import type { Pins } from "./pinned-agent.ts";

/** Connections to replicas, as each address wants them: in plain text or over TLS. */
export class ReplicaAgents {
  readonly #plain: Agent;
  readonly #secure: PinnedAgent;

  constructor(pins: Pins, options: AgentOptions = {}) {
    this.#plain = new Agent(options);
    this.#secure = new PinnedAgent(options, pins);
  }

  of(address: string): Agent {
    return isSecureAddress(address) ? this.#secure : this.#plain;
  }

  destroy(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

/** What goes in front of a path, for requests with the address's agent. */
export function originOf(address: string): string {
  return `http://${hostPortOf(address)}`;
}
