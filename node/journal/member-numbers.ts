import { toHex } from "../../base/bytes.ts";
import type { Epoch } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";

/**
 * Numbers by which journals name the members of a configuration, in its order: the founders' are
 * their indexes, and each later key has the next one. An index passes to another when somebody
 * leaves; a number never does, and whoever knows the chain of configurations knows all of them.
 */
export function memberNumbers(
  epochs: Pick<Epochs, "committeeOf">,
  committee: Committee,
): readonly number[] {
  const numbers = new Map<string, number>();
  for (let epoch = 0; epoch <= committee.epoch; epoch++) {
    for (const { publicKey } of epochs.committeeOf(epoch as Epoch)?.members ?? []) {
      const key = toHex(publicKey);
      if (!numbers.has(key)) numbers.set(key, numbers.size);
    }
  }
  return committee.members.map(({ publicKey }, index) => numbers.get(toHex(publicKey)) ?? index);
}

/** A member's name as an author of events. */
export function memberName(number: number): string {
  return `replica-${number}`;
}
