/** Why something from outside was not believed. A value, never thrown: hostile input is ordinary. */
export class Refusal {
  /** A short stable phrase without content of the message: it is a metric's label. */
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

export function refuse(why: string): Refusal {
  return new Refusal(why);
}
