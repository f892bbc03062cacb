import type { Clock } from '../clock.ts'
import { CodedError } from '../errors.ts'
import type { AttemptStore } from '../store/attempts/attempts.ts'

interface PatienceOptions {
  clock: Clock
  /** Aborts when the attempt has to stop: it then waits no longer. */
  signal: AbortSignal
  /** Gets each refusal. */
  onError: (error: unknown) => void
}

/** How often a call that Redis cannot serve is sent again, ms. */
const everyMs = 1000

/**
 * The same calls, which wait while Redis cannot serve them: it is full, still reads its data, cannot write to its disk, or
 * is a replica for a while. Nothing that was read from Intercom is lost meanwhile, and no attempt of the job is spent.
 */
export function createPatientAttempts(
  attempts: AttemptStore,
  { clock, signal, onError }: PatienceOptions,
): AttemptStore {
  async function whenServed<Result>(call: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await call()
      } catch (error) {
        const isUnavailable = error instanceof CodedError && error.code === 'store_unavailable'
        if (!isUnavailable || signal.aborted) throw error
        onError(error)
        await clock.sleep(everyMs, signal)
      }
    }
  }
  return {
    begin: (...begin) => whenServed(() => attempts.begin(...begin)),
    commit: (...commit) => whenServed(() => attempts.commit(...commit)),
    makeRoom: (...attempt) => whenServed(() => attempts.makeRoom(...attempt)),
    readGrowth: (...jobId) => whenServed(() => attempts.readGrowth(...jobId)),
    rest: (...rest) => whenServed(() => attempts.rest(...rest)),
    release: (...release) => whenServed(() => attempts.release(...release)),
    noteWorkspace: (...workspace) => whenServed(() => attempts.noteWorkspace(...workspace)),
    needSignIn: (attempt) => whenServed(() => attempts.needSignIn(attempt)),
    end: (...end) => whenServed(() => attempts.end(...end)),
    // What it tells is old by then.
    reportActivity: attempts.reportActivity,
  }
}
