/** Ways to lie, by name; each is a file beside this one. A liar may have several at a time. */
export const LIAR_STRATEGIES: readonly string[] = ["silent"];
