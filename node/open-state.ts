import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { admitKey } from "../base/host/admit-key.ts";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import type { PublicKey } from "../base/types.ts";
import { State } from "../consensus/execution/state.ts";
import type { StateRules } from "../consensus/execution/state.ts";
import type { Genesis } from "../consensus/genesis.ts";
import { mutabilityOf } from "../proof/digest/registry.ts";
import type { Logger } from "./log.ts";
import type { OnDamage } from "./store/damage.ts";
import { Store } from "./store/store.ts";

export interface OpenedState {
  readonly store: Store;
  readonly state: State;
}

/**
 * The store, and the state that its rows lead to. Rows that do not lead to the root kept with them
 * are moved aside: the state begins at genesis and comes back by replay or transfer.
 *
 * @throws QuorateError FOLDER_IN_USE, STORE_FORMAT
 */
export async function openState(
  folder: string,
  genesis: Genesis,
  options: { readonly onDamage: OnDamage; readonly log: Logger },
): Promise<OpenedState> {
  const { onDamage, log } = options;
  const onFlushError = (error: unknown): void => log.error({ error }, "the store could not flush");
  const rules: StateRules = { hash: nodeCrypto.hash, kinds: mutabilityOf, admitsKey };
  const store = await Store.open(folder, { onDamage, onFlushError });
  const { flushed } = store;
  if (flushed === undefined) return { store, state: State.genesis(rules, store.rows, genesis) };
  const state = State.open(rules, store.rows, flushed.stateRoot);
  if (state !== undefined) return { store, state };
  log.error("rows do not lead to their root: the index is moved aside, the state begins anew");
  await store.close();
  moveIndexAside(folder);
  const anew = await Store.open(folder, { onDamage, onFlushError });
  return { store: anew, state: State.genesis(rules, anew.rows, genesis) };
}

/** One is kept for whoever wants to know why. Values stay: they are found again by a scan. */
function moveIndexAside(folder: string): void {
  const aside = `${folder}.parted`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  renameSync(join(folder, "index"), join(aside, "index"));
}

function admitsKey(key: PublicKey): boolean {
  try {
    admitKey(key);
    return true;
  } catch {
    return false;
  }
}
