import type { PublicKey } from "../../base/types.ts";
import type { RowChange } from "../map/row-store.ts";
import { SPACE } from "../map/state-keys.ts";
import { entryRowCodec } from "../wire/rows.ts";
import type { EntryRow } from "../wire/rows.ts";
import type { Configurations } from "./configurations.ts";
import type { Entries } from "./entries.ts";
import type { Policy } from "./policy.ts";
import type { Quarantine } from "./quarantine.ts";
import type { RevokedWriters } from "./revoked-writers.ts";

/** Brings one row that came by scan or transfer into what is derived from the rows. */
export function loadRow(
  change: RowChange & { readonly previous: Uint8Array | undefined },
  into: {
    readonly entries: Entries;
    readonly policy: Policy;
    readonly revokedWriters: RevokedWriters;
    readonly quarantine: Quarantine;
    readonly configurations: Configurations;
  },
): void {
  const { key, row, previous } = change;
  switch (key[0]) {
    case SPACE.entry:
      into.entries.changed(key, decoded(previous), decoded(row));
      return;
    case SPACE.writer:
      if (row === undefined) into.policy.forgetWriter(key.subarray(1) as PublicKey);
      else into.policy.loadWriter(row);
      return;
    case SPACE.revokedWriter:
      if (row === undefined) into.revokedWriters.forget(key.subarray(1) as PublicKey);
      else into.revokedWriters.load(row);
      return;
    case SPACE.quarantine:
      if (row !== undefined) into.quarantine.load(row);
      else if (previous !== undefined) into.quarantine.forget(previous);
      return;
    case SPACE.configuration:
      if (row !== undefined) into.configurations.load(row);
      else if (previous !== undefined) into.configurations.forget(previous);
      return;
    case SPACE.namespace:
      // No operation deletes one, but a repair may lead to an older state.
      if (row !== undefined) into.policy.loadNamespace(row);
      else if (previous !== undefined) into.policy.forgetNamespace(previous);
      return;
    default:
  }
}

function decoded(bytes: Uint8Array | undefined): EntryRow | undefined {
  return bytes === undefined ? undefined : entryRowCodec.decode(bytes);
}
