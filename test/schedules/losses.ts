/** What has been taken back by a Redis that came back as it was earlier, by the numbers of the steps, and damaged files. */
export class Losses {
  readonly #taken: { from: number; to: number }[] = []
  readonly #damaged: number[] = []

  /** How often Redis was another one. */
  get count(): number {
    return this.#taken.length
  }

  /** How often messages in files were damaged. */
  get damages(): number {
    return this.#damaged.length
  }

  damage(jobId: number): void {
    this.#damaged.push(jobId)
  }

  /** Whether messages of this job, or of one that had its number in a Redis of before, are damaged. */
  hasDamaged(jobId: number): boolean {
    return this.#damaged.includes(jobId)
  }

  /** What was written after the step `kept` is gone since the step `now`. */
  add(kept: number, now: number): void {
    this.#taken.push({ from: kept + 1, to: now })
  }

  /** Whether what was done in this step is gone. */
  covers(step: number): boolean {
    return this.#taken.some(({ from, to }) => step >= from && step <= to)
  }

  /** Whether something may have been lost of what was begun in this step. */
  since(step: number): boolean {
    return this.#taken.some(({ to }) => to >= step)
  }
}
