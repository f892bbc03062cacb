import type { Clock } from '../clock.ts'

/** One step of an orderly shutdown. */
export interface Phase {
  name: string
  timeoutMs: number
  run: () => unknown
}

/** Runs the phases in order. If one fails or takes too long, this is reported, and the next begins. */
export async function shutDown(
  phases: Phase[],
  clock: Clock,
  report: (phase: string, problem: unknown) => void,
): Promise<void> {
  for (const { name, timeoutMs, run } of phases) {
    const done = new AbortController()
    const tooLate = clock.sleep(timeoutMs, done.signal).then(() => {
      throw new Error(`not done after ${timeoutMs} ms`)
    })
    try {
      await Promise.race([run(), tooLate])
    } catch (error) {
      report(name, error)
    } finally {
      tooLate.catch(() => undefined)
      done.abort()
    }
  }
}
