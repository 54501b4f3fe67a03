import { toHex } from "../../../base/bytes.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { statementCodec } from "../../../consensus/wire/certificate.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";

/**
 * Agreement: at each sequence all correct replicas execute the same write sets at the same agreed
 * time and come to the same root; and each executes in order, without a gap but by a transfer.
 */
export function agreement({ world }: CheckerFrame): Checker {
  const name = "agreement";
  const chain = new Map<number, string>();
  const lastOf = new WeakMap<object, number>();
  return {
    name,
    step(replica, input, outputs) {
      if (!isBound(replica)) return;
      const who: object = replica.process ?? replica;
      if (input.type === "transferred") {
        lastOf.set(who, statementCodec.decode(input.certificate.statement).sequence);
      }
      for (const output of outputs) {
        if (output.type !== "executed") continue;
        const { sequence, stateRoot, agreedTime, writeSets } = output;
        const sets = writeSets.map(({ writeSet, code }) => `${keyText(writeSet.digest)}${code}`);
        const here = `${toHex(stateRoot)} ${agreedTime} ${sets.join()}`;
        const there = chain.get(sequence);
        if (there === undefined) chain.set(sequence, here);
        demand(
          there === undefined || there === here,
          name,
          () => `${replica.name} executed something else at ${sequence}`,
        );
        const last = lastOf.get(who);
        demand(
          last === undefined || sequence === last + 1,
          name,
          () => `${replica.name} executed ${sequence} after ${String(last)}`,
        );
        lastOf.set(who, sequence);
        world.mark(writeSets.length > 1 ? "batch: several write sets" : "batch: one or none");
      }
    },
  };
}
