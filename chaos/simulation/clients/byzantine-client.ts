/** Ways of a client to do harm, by name. */
export const BYZANTINE_CLIENTS: readonly string[] = [];
