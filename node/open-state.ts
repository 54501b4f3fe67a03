import { admitKey } from "../base/host/admit-key.ts";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import type { PublicKey } from "../base/types.ts";
import { quarantineRulesOf } from "../consensus/evidence/quarantine-rules.ts";
import { State } from "../consensus/execution/state.ts";
import type { StateRules } from "../consensus/execution/state.ts";
import { genesisCommittee } from "../consensus/genesis.ts";
import type { Genesis } from "../consensus/genesis.ts";
import { MAP_KEY_SIZE } from "../consensus/limits.ts";
import { keyText } from "../consensus/map/key-text.ts";
import { mutabilityOf } from "../proof/digest/registry.ts";
import type { Logger } from "./log.ts";
import type { Damage, OnDamage } from "./store/damage.ts";
import { Store } from "./store/store.ts";

export interface OpenedState {
  readonly store: Store;
  readonly state: State;
}

/**
 * The store, and the state that its rows lead to. Rows that do not lead to the root kept with them
 * (damaged, or an old page that came back) are the base of a transfer that repairs them.
 *
 * @throws QuorateError FOLDER_IN_USE, STORE_FORMAT
 */
export async function openState(
  folder: string,
  genesis: Genesis,
  options: { readonly onDamage: OnDamage; readonly log: Logger },
): Promise<OpenedState> {
  const { log } = options;
  const damaged = new Map<string, Uint8Array>();
  const onDamage = (damage: Damage): void => {
    // Rows are scanned more than once; each is told of once.
    if (damage.what === "row") {
      const name = keyText(damage.key);
      if (damaged.has(name)) return;
      damaged.set(name, damage.key);
    }
    options.onDamage(damage);
  };
  const onFlushError = (error: unknown): void => log.error({ error }, "the store could not flush");
  const rules: StateRules = {
    hash: nodeCrypto.hash,
    kinds: mutabilityOf,
    admitsKey,
    quarantine: quarantineRulesOf(nodeCrypto),
    membership: { genesis: genesisCommittee(genesis), verify: nodeCrypto.verify },
  };
  const store = await Store.open(folder, { onDamage, onFlushError });
  const { rows, flushed } = store;
  const state = flushed && State.open(rules, rows, flushed.stateRoot);
  if (state !== undefined) return { store, state };
  const discard = (): void =>
    rows.discard([...damaged.values()].filter((key) => key.length === MAP_KEY_SIZE));
  const [first] = rows.entries();
  if (first === undefined && flushed === undefined) {
    discard();
    return { store, state: State.genesis(rules, rows, genesis) };
  }
  const salvaged = State.salvage(rules, rows, flushed);
  discard();
  log.error(
    { damaged: damaged.size },
    "rows do not lead to their root: they are repaired from peers",
  );
  return { store, state: salvaged };
}

function admitsKey(key: PublicKey): boolean {
  try {
    admitKey(key);
    return true;
  } catch {
    return false;
  }
}
