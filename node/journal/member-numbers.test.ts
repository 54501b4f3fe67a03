import { expect, it } from "vitest";
import type { Epoch } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import { memberNumbers } from "./member-numbers.ts";

/** Configurations by their members' keys, told by their first letters. */
function numbersOf(...configurations: readonly string[]): readonly number[] {
  const committees = configurations.map((keys, epoch) => ({
    epoch: epoch as Epoch,
    members: keys
      .split("")
      .map((key) => ({ publicKey: new Uint8Array(32).fill(key.charCodeAt(0)) })),
  })) as unknown as readonly Committee[];
  const epochs = { committeeOf: (epoch: Epoch) => committees[epoch] };
  return memberNumbers(epochs, committees.at(-1) as Committee);
}

it.each<[string, readonly string[], string]>([
  ["founders by their index", ["abcd"], "0 1 2 3"],
  ["who joins by the next number", ["abcd", "abcde"], "0 1 2 3 4"],
  ["those who stay as before when somebody leaves", ["abcde", "bcde"], "1 2 3 4"],
  ["nobody by the number of one who left", ["abcd", "bcd", "bcde"], "1 2 3 4"],
  ["a replacement, in another's place, by a number of its own", ["abcd", "abed"], "0 1 4 3"],
  ["who comes again as before", ["abcd", "bcde", "bcdea"], "1 2 3 4 0"],
])("names %s", (_, configurations, expected) => {
  expect(numbersOf(...configurations).join(" ")).toBe(expected);
});
