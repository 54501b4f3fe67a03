import { censor, forgetful } from "./censor.ts";
import { cheatClients } from "./cheat-clients.ts";
import { damageSignatures } from "./damage-signatures.ts";
import { doubleVote } from "./double-vote.ts";
import { equivocate } from "./equivocate.ts";
import { forge } from "./forge.ts";
import { fabricate } from "./fabricate.ts";
import { standForMany } from "./forged-certificates.ts";
import { LINGER, forgeChain } from "./lie-about-epochs.ts";
import type { Strategy } from "./liar.ts";
import { lieAboutTime } from "./lie-about-time.ts";
import { lieInHeartbeats, lieInStatements } from "./lie-in-statements.ts";
import { lieInTransfer } from "./lie-in-transfer.ts";
import { lieInViewChange } from "./lie-in-view-change.ts";
import { replay } from "./replay.ts";
import { smallScope } from "./small-scope.ts";
import { stripAcknowledgements, usurp } from "./usurp.ts";
import { delay, mute, silent, withhold } from "./withhold.ts";
import { yesMan } from "./yes-man.ts";

/** Ways to lie; a liar has one or several, tried in this order on whatever leaves it. */
export const STRATEGIES: readonly Strategy[] = [
  lieAboutTime,
  stripAcknowledgements,
  equivocate,
  yesMan,
  doubleVote,
  smallScope,
  usurp,
  lieInViewChange,
  lieInStatements,
  lieInHeartbeats,
  lieInTransfer,
  damageSignatures,
  standForMany,
  forge,
  censor,
  forgetful,
  fabricate,
  cheatClients,
  replay,
  withhold,
  delay,
  silent,
  mute,
];

/** The names of those that are drawn. */
export const LIAR_STRATEGIES: readonly string[] = STRATEGIES.flatMap((strategy) =>
  strategy === mute ? [] : [strategy.name],
);

/** Drawn where members change. */
export const EPOCH_STRATEGIES: readonly string[] = [forgeChain.name, LINGER];
