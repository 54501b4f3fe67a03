/** What one replica says of itself, to people: unsigned, never the ground of a decision. */
export interface ReplicaStatus {
  /** Public key, hex. */
  readonly id: string;
  readonly pid: number;
  readonly index: number;
  readonly epoch: number;
  readonly view: number;
  /** Index of the view's primary. */
  readonly primary: number;
  /** False while a view change is under way. */
  readonly active: boolean;
  /** Executed. */
  readonly sequence: number;
  readonly certifiedSequence: number;
  /** Of the executed sequence, hex. */
  readonly stateRoot: string;
  /** Decimal: 64 bits do not fit a JSON number. */
  readonly hlc: string;
  /** It has lost its promises and signs nothing. */
  readonly amnesiac: boolean;
  /** It has seen more than f liars, or a fault of its own that it must not go on from. */
  readonly halted: boolean;
  readonly transferring: boolean;
  /** Indexes of those against whom it holds evidence. */
  readonly accused: readonly number[];
  /** Indexes of those whom the executed state has in quarantine. */
  readonly quarantined: readonly number[];
  /** Everything holds that `/readyz` asks for. */
  readonly ready: boolean;
  /** Why not, when it is not ready. */
  readonly notReady: readonly string[];
  readonly clients: number;
  readonly entries: number;
  readonly peers: readonly { readonly index: number; readonly connected: boolean }[];
}
