import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import { FolderError } from '../../folder-faults.ts'
import type { CreateSpool, Spool } from '../contract/spool.ts'

/**
 * Waits before further tries, ms. A disk may be emptied, or files closed, within a minute. A scroll that is left alone
 * for as long begins again.
 */
const delaysMs = [1000, 2000, 4000, 8000, 15_000, 30_000]

/** The pages of a stream cannot be spooled. It ends that stream only, because no other one needs the folder. */
export class SpoolError extends CodedError {
  constructor(cause: Error) {
    super('spool_failed', `The pages cannot be kept while they are read. ${cause.message}`, { cause })
    this.name = 'SpoolError'
  }
}

interface Patience {
  clock: Clock
  /** Aborts the waits. */
  signal: AbortSignal
}

/** A spool that tries again where the fault may pass, for a minute. @throws SpoolError; the signal's reason */
export async function createPatientSpool(createSpool: CreateSpool, patience: Patience): Promise<Spool> {
  const spool = await tryPatiently(createSpool, patience)
  return { ...spool, append: (page) => tryPatiently(() => spool.append(page), patience) }
}

async function tryPatiently<Result>(work: () => Promise<Result>, { clock, signal }: Patience): Promise<Result> {
  for (let tries = 0; ; tries++) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof FolderError)) throw error
      const delayMs = error.mayPass ? delaysMs[tries] : undefined
      if (delayMs === undefined) throw new SpoolError(error)
      await clock.sleep(delayMs, signal)
    }
  }
}
