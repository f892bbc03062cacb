/**
 * The reason of a signal that stops an attempt whose job goes on later, maybe in another process. The sync gives one last
 * commit with everything it has taken, and tells what it waits for.
 */
export class Rest extends Error {
  override name = 'Rest'
  /** How long the job wants to wait, ms. */
  readonly restMs: number

  constructor(restMs: number) {
    super('the attempt rests')
    this.restMs = restMs
  }
}
