interface Shared<Answer> {
  readonly answer: Promise<Answer>;
  readonly ends: AbortController;
  askers: number;
}

/** Equal questions at the same time are one; it ends early only when everybody has left. */
export class SharedQuestions<Answer> {
  readonly #open = new Map<string, Shared<Answer>>();

  get size(): number {
    return this.#open.size;
  }

  join(
    name: string,
    signal: AbortSignal | undefined,
    start: (signal: AbortSignal) => Promise<Answer>,
  ): { readonly isNew: boolean; readonly answer: Promise<Answer> } {
    const held = this.#open.get(name);
    const shared = held ?? this.#start(name, start);
    shared.askers++;
    const leave = (): void => {
      if (--shared.askers > 0) return;
      shared.ends.abort(signal?.reason);
      if (this.#open.get(name) === shared) this.#open.delete(name);
    };
    const answer = signal === undefined ? shared.answer : untilLeft(shared.answer, signal, leave);
    return { isNew: held === undefined, answer };
  }

  #start(name: string, start: (signal: AbortSignal) => Promise<Answer>): Shared<Answer> {
    const ends = new AbortController();
    const answer = start(ends.signal).finally(() => {
      if (this.#open.get(name) === shared) this.#open.delete(name);
    });
    const shared: Shared<Answer> = { answer, ends, askers: 0 };
    answer.catch(() => undefined);
    this.#open.set(name, shared);
    return shared;
  }
}

/** The answer, or the signal's reason as soon as it fires. */
function untilLeft<Answer>(
  answer: Promise<Answer>,
  signal: AbortSignal,
  leave: () => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      leave();
      reject(signal.reason as Error);
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
