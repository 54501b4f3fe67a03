import type { ReplicaIndex } from "../../../base/types.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import type { Transport } from "../../../node/transport/transport.ts";
import type { Disguise } from "../world/disguise.ts";
import type { SimulatedReplica, Surroundings } from "../world/simulated-replica.ts";
import type { Conspiracy } from "./conspiracy.ts";
import { Liar } from "./liar.ts";
import type { LyingFrame, Strategy } from "./liar.ts";
import { LINGER, forgeChain } from "./lie-about-epochs.ts";
import { STRATEGIES } from "./strategies.ts";

const ACT_MS = 1000;

/** A liar's strategies, put between a real replica and the world. */
export function disguiseOf(
  index: ReplicaIndex,
  names: readonly string[],
  surroundings: Surroundings,
  conspiracy: Conspiracy,
): Disguise {
  const strategies = [...STRATEGIES, forgeChain].filter(({ name }) => names.includes(name));
  const liar = new Liar(index, surroundings, conspiracy);
  keepActing(liar, strategies);
  return {
    name: names.join("+"),
    transport(transport, self) {
      liar.self = self;
      liar.emit = (frame) => deliver(transport, frame, self);
      return lyingTransport(transport, liar, strategies);
    },
    answer: (kind, body) => {
      let said: Uint8Array | undefined = body;
      for (const strategy of strategies) {
        if (said !== undefined && strategy.answer) said = strategy.answer(kind, said, liar);
      }
      return said;
    },
    lingers: names.includes(LINGER),
    chain: (links, from) =>
      strategies.reduce((told, strategy) => strategy.chain?.(told, from, liar) ?? told, links),
    hears: (from, kind, body) =>
      strategies.every((strategy) => strategy.hears?.(from, kind, body, liar) !== false),
  };
}

function keepActing(liar: Liar, strategies: readonly Strategy[]): void {
  const round = (): void => {
    if (liar.self?.process !== undefined) {
      for (const strategy of strategies) strategy.act?.(liar);
    }
    liar.surroundings.world.after(ACT_MS * (0.5 + liar.prng.below(1000) / 1000), round);
  };
  if (strategies.some((strategy) => strategy.act !== undefined)) round();
}

function lyingTransport(
  transport: Transport,
  liar: Liar,
  strategies: readonly Strategy[],
): Transport {
  return {
    index: transport.index,
    open: (handler) => transport.open(handler),
    peers: () => transport.peers(),
    close: () => transport.close(),
    send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
      for (const peer of to === "all" ? liar.peers() : [to]) {
        let frames: readonly LyingFrame[] = [{ to: peer, kind, body }];
        for (const strategy of strategies) {
          frames = frames.flatMap((frame) => strategy.send?.(frame, liar) ?? [frame]);
        }
        for (const frame of frames) liar.emit(frame);
      }
    },
  };
}

function deliver(transport: Transport, frame: LyingFrame, self: SimulatedReplica): void {
  const { to, kind, body, delayMs = 0 } = frame;
  if (delayMs === 0) transport.send(to, kind, body);
  else self.surroundings.world.after(delayMs, () => transport.send(to, kind, body));
}
