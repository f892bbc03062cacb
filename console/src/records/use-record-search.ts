import { useEffect, useRef, useState } from 'preact/hooks'
import { asCallError, patience } from '../api/client.ts'
import type { CallError } from '../api/problem.ts'
import type { RecordPage } from '../api/types.ts'
import { loadRecords, type RecordQuery } from './load-records.ts'

/** A search through the log of a sync, from its end towards its beginning. */
export interface RecordSearch {
  /** What was found so far, that which was delivered last at the front. */
  records: RecordPage['data']
  /** Lines at the beginning of the log that were not searched yet; undefined before the first answer. */
  linesLeft: number | undefined
  isSearching: boolean
  /** Why it does not go on by itself. */
  problem: CallError | undefined
  stop(): void
  /** Looks for more. */
  goOn(): void
}

interface Found {
  records: RecordPage['data']
  linesLeft?: number
  /** Where the next call goes on. */
  next?: string | undefined
}

/** Wait before a call is made again that has failed and may pass, ms. */
const retryMs = 2000
const mostFailures = 5

/**
 * Searches by itself. One call looks at a bounded piece of the log, which may hold nothing: the search goes on until as
 * many are found as are wanted, until those that lie together have been found, or to the beginning of the log.
 */
export function useRecordSearch(query: RecordQuery, wanted: number): RecordSearch {
  const [found, setFound] = useState<Found>({ records: [] })
  const [isSearching, setSearching] = useState(true)
  const [problem, setProblem] = useState<CallError>()
  const [turn, setTurn] = useState(0)
  const stopped = useRef<AbortController | undefined>(undefined)

  // Each turn goes on where the one before has ended. A page asks one question: another one makes another page.
  useEffect(() => {
    const ended = new AbortController()
    stopped.current = ended
    setSearching(true)
    setProblem(undefined)
    const onPage = (page: RecordPage) =>
      setFound(({ records }) => ({
        records: [...records, ...page.data],
        linesLeft: page.messagesLeft,
        next: page.next,
      }))
    const isLate = () => stopped.current !== ended
    search({ ...query, cursor: found.next }, wanted, ended.signal, onPage)
      .catch((thrown: unknown) => {
        if (!ended.signal.aborted) setProblem(asCallError(thrown))
      })
      .finally(() => {
        if (!isLate()) setSearching(false)
      })
    return () => ended.abort()
  }, [turn])

  return {
    ...{ records: found.records, linesLeft: found.linesLeft, isSearching, problem },
    stop: () => stopped.current?.abort(),
    goOn: () => setTurn(turn + 1),
  }
}

/** @throws CallError when it cannot go on, or the signal's reason */
async function search(
  query: RecordQuery,
  wanted: number,
  signal: AbortSignal,
  onPage: (page: RecordPage) => void,
): Promise<void> {
  let { cursor } = query
  let count = 0
  let failures = 0
  for (;;) {
    const page = await loadRecords({ ...query, cursor }, patience(signal)).catch(async (thrown: unknown) => {
      signal.throwIfAborted()
      const problem = asCallError(thrown)
      if (!problem.mayPass || ++failures > mostFailures) throw problem
      await new Promise((resolve) => setTimeout(resolve, retryMs))
      return undefined
    })
    signal.throwIfAborted()
    if (!page) continue
    failures = 0
    onPage(page)
    count += page.data.length
    cursor = page.next
    const isPast = count > 0 && page.data.length === 0
    if (cursor === undefined || count >= wanted || isPast) return
  }
}
