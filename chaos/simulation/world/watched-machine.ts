import type { Input, Now } from "../../../consensus/replica/input.ts";
import type { Output } from "../../../consensus/replica/output.ts";
import type { Machine } from "../../../node/host/machine.ts";

/** The same machine, with somebody who sees each step. */
export function watchedMachine(
  machine: Machine,
  onStep: (input: Input, outputs: readonly Output[], now: Now) => void,
): Machine {
  return {
    get status() {
      return machine.status;
    },
    step(input, now) {
      const outputs = machine.step(input, now);
      onStep(input, outputs, now);
      return outputs;
    },
    needs: (votes) => machine.needs(votes),
    certificateAt: (sequence) => machine.certificateAt(sequence),
    probe: (nonce, now) => machine.probe(nonce, now),
  };
}
