/**
 * Jobs of many writers: each writer's in their order, the writers in turn, and one at a time of
 * each. So who brings a thousand proofs, or one that takes a minute, delays nobody else's.
 */
export class FairQueue<Job extends { readonly writer: string }> {
  readonly #perWriterMax: number;
  /** In the order in which writers are due. */
  readonly #waiting = new Map<string, Job[]>();
  readonly #running = new Set<string>();
  #length = 0;

  constructor(perWriterMax: number) {
    this.#perWriterMax = perWriterMax;
  }

  get length(): number {
    return this.#length;
  }

  /** False: this writer has too many waiting. */
  push(job: Job): boolean {
    const jobs = this.#waiting.get(job.writer) ?? [];
    if (jobs.length >= this.#perWriterMax) return false;
    jobs.push(job);
    this.#waiting.set(job.writer, jobs);
    this.#length++;
    return true;
  }

  /** The next that may run now; say {@link done} when it has. */
  take(): Job | undefined {
    for (const [writer, jobs] of this.#waiting) {
      if (this.#running.has(writer)) continue;
      const job = jobs.shift()!;
      this.#waiting.delete(writer);
      if (jobs.length > 0) this.#waiting.set(writer, jobs);
      this.#running.add(writer);
      this.#length--;
      return job;
    }
    return undefined;
  }

  /**
   * The next of the writer whose job runs, as far as they pass and nobody else waits: to be run with
   * it, and done when it is.
   */
  takeWith(job: Job, countMax: number, passes: (one: Job) => boolean): readonly Job[] {
    const jobs = this.#waiting.get(job.writer);
    if (jobs === undefined || this.#waiting.size > 1) return [];
    let count = 0;
    while (count < Math.min(countMax, jobs.length) && passes(jobs[count]!)) count++;
    if (count === jobs.length) this.#waiting.delete(job.writer);
    this.#length -= count;
    return jobs.splice(0, count);
  }

  done(job: Job): void {
    this.#running.delete(job.writer);
  }
}
