import { useState } from 'preact/hooks'
import { asCallError } from './client.ts'
import type { CallError } from './problem.ts'

/** Something that a click does, while it is done, and when it could not be done. */
export interface Action<Args extends unknown[]> {
  isRunning: boolean
  problem: CallError | undefined
  /** Does it, unless it is being done. Resolves when it is over; a problem is kept, not thrown. */
  run(...args: Args): Promise<void>
}

/** @param act one call or more */
export function useAction<Args extends unknown[]>(act: (...args: Args) => Promise<void>): Action<Args> {
  const [isRunning, setRunning] = useState(false)
  const [problem, setProblem] = useState<CallError>()
  return {
    isRunning,
    problem,
    async run(...args) {
      if (isRunning) return
      setRunning(true)
      setProblem(undefined)
      try {
        await act(...args)
      } catch (thrown) {
        setProblem(asCallError(thrown))
      } finally {
        setRunning(false)
      }
    },
  }
}
