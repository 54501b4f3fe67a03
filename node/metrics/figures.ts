import { Tally } from "./tally.ts";

/** Everything that a replica counts while it runs: plain numbers, so that counting costs nothing. */
export class Figures {
  /** Frames, handshakes, requests and inputs not taken in, by reason. */
  readonly drops = new Tally();
  /** Frames received and sent, by kind. */
  readonly framesReceived = new Tally();
  readonly framesSent = new Tally();
  /** Write sets answered, by outcome. */
  readonly submits = new Tally();
  /** Reads answered, by outcome. */
  readonly reads = new Tally();
  /** Writes that execution did not simply accept, by outcome. */
  readonly notAccepted = new Tally();
  /** Proofs checked before an acknowledgement, by what came of it. */
  readonly checks = new Tally();
  /** Questions for the proofs that a theory permits, by status where there was no answer. */
  readonly permitted = new Tally();
  /** Bytes of values that came and went over HTTP: as they are, and as they travelled. */
  readonly blobBytes = new Tally();
  signatures = 0;
  turns = 0;
  flushes = 0;
  votes = 0;
  inputs = 0;
  batches = 0;
  writeSets = 0;
  writes = 0;
  viewChanges = 0;
  transfers = 0;
  valuesFetched = 0;
  rowsRepaired = 0;
  uploads = 0;
}
