import type { Miss } from "../../client/types.ts";
import {
  ENTRY_CONFIRMED,
  ENTRY_DISPUTED,
  ENTRY_PENDING,
  ENTRY_WITHDRAWN,
} from "../../consensus/wire/rows.ts";

/** Why a proven answer is no hit. */
export function missReason(miss: Pick<Miss, "row">): string {
  switch (miss.row?.state) {
    case undefined:
      return "absent";
    case ENTRY_PENDING:
      return "pending";
    case ENTRY_CONFIRMED:
      return "expired";
    case ENTRY_DISPUTED:
      return "disputed";
    case ENTRY_WITHDRAWN:
      return "withdrawn";
    default:
      return "not served";
  }
}
