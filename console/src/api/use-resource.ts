import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { asCallError, patience } from './client.ts'
import type { CallError } from './problem.ts'

/** Something that the service tells, as far as it is known. */
export interface Resource<T> {
  /** The latest answer; what was known before stays while the service does not answer. */
  data: T | undefined
  /** Why the latest call brought nothing. */
  problem: CallError | undefined
  /** Asks at once, in the background. */
  reload(): void
}

/** Wait before a call is made again that has failed and may pass, ms. */
const retryMs = 2000
/** So many failures in a row are no hiccup. */
const worthTelling = 2

/**
 * Asks the service for something, and again every so often while the page is in sight.
 *
 * @param key what is asked for: with another key all that was known is forgotten
 * @param everyMs undefined = only once; a function tells it by the latest answer
 * @param options.whileHidden whether it is asked for out of sight, too
 */
export function useResource<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  everyMs?: number | ((data: T) => number | undefined),
  { whileHidden = false } = {},
): Resource<T> {
  const [known, setKnown] = useState<{ key: string; data?: T; problem?: CallError }>({ key })
  const [round, setRound] = useState(0)
  const latest = useRef({ load, everyMs })
  latest.current = { load, everyMs }

  // A new round is a reason to ask again.
  useEffect(() => {
    const ended = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let failures = 0
    const again = (ms: number | undefined) => {
      if (ms !== undefined && !ended.signal.aborted) timer = setTimeout(ask, ms)
    }
    const ask = async () => {
      if (document.hidden && !whileHidden) return again(1000)
      try {
        const data = await latest.current.load(patience(ended.signal))
        if (ended.signal.aborted) return
        failures = 0
        setKnown({ key, data })
        const { everyMs } = latest.current
        again(typeof everyMs === 'function' ? everyMs(data) : everyMs)
      } catch (thrown) {
        if (ended.signal.aborted) return
        const problem = asCallError(thrown)
        problem.isRetried = problem.mayPass
        failures++
        setKnown((before) => {
          const isHiccup = problem.mayPass && before.data !== undefined && failures < worthTelling
          if (before.key !== key) return { key, problem }
          return isHiccup ? before : { ...before, problem }
        })
        if (problem.mayPass) again(retryMs)
      }
    }
    void ask()
    return () => {
      ended.abort()
      clearTimeout(timer)
    }
  }, [key, round, whileHidden])

  const reload = useCallback(() => setRound((count) => count + 1), [])
  const isCurrent = known.key === key
  return { data: isCurrent ? known.data : undefined, problem: isCurrent ? known.problem : undefined, reload }
}
