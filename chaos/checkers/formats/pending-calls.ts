import type { Operation } from "../operation.ts";

type Asked = Pick<Operation, "process" | "key" | "action" | "input">;
type Answered = Pick<Operation, "output"> & Partial<Pick<Operation, "input">>;

/** Joins calls and returns of a log, in whose order the lines' places are the time. */
export class PendingCalls {
  readonly #operations: Operation[] = [];
  readonly #open = new Map<number, number>();
  #time = 0;

  /** False: this process has a call under way already. */
  call(asked: Asked): boolean {
    if (this.#open.has(asked.process)) return false;
    const operation = { ...asked, output: undefined, call: this.#time++, return: Infinity };
    this.#open.set(asked.process, this.#operations.push(operation) - 1);
    return true;
  }

  /** False: nothing of this process is under way. */
  answer(process: number, { output }: Answered): boolean {
    const index = this.#open.get(process);
    if (index === undefined) return false;
    this.#open.delete(process);
    this.#operations[index] = { ...this.#operations[index]!, output, return: this.#time++ };
    return true;
  }

  /** The process is gone; its call may still happen, at any time or never. */
  giveUp(process: number): boolean {
    return this.#open.delete(process);
  }

  get operations(): readonly Operation[] {
    return this.#operations;
  }
}
