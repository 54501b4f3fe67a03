/** One decoder, as somebody hostile meets it. */
export interface FuzzTarget {
  readonly name: string;
  /** Well-formed inputs: mutations of these reach deeper than noise does. */
  readonly seeds: readonly Uint8Array[];
  /**
   * True: taken, false: refused in the decoder's own way. Throws when the decoder crashed, or took
   * what it must not, or changed what it must not touch: that is a finding.
   */
  readonly feed: (input: Uint8Array) => boolean | Promise<boolean>;
}

/** What an accepted input must be; a broken law is a finding like a crash. */
export class BrokenLaw extends Error {}

export function demand(holds: boolean, law: string): void {
  if (!holds) throw new BrokenLaw(law);
}
