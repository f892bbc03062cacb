import { useEffect, useReducer, useState } from 'preact/hooks'
import { session } from '../../api/session.ts'
import type { Job } from '../../api/types.ts'
import { serviceRoot } from '../../routing/service-root.ts'
import type { LogEntry, LogPhase, LogReport, RowPreview } from './log-messages.ts'
import { rateOf, type Sample } from './rates.ts'
import { startReader } from './start-reader.ts'

/** What the page has of a job's log. It stays small, however long the log is. */
export interface JobLog {
  phase: LogPhase
  /** The first message of the log that was read; those before are not on this page. */
  from: number
  offset: number
  /** Rows by stream, up to `offset`. */
  rows: Record<string, number>
  /** Rows per second over the last seconds, by stream. */
  rates: Record<string, number>
  entries: LogEntry[]
  newest: Record<string, RowPreview[]>
  problemCode: string | undefined
}

/** Messages before the end that are read when the page opens. */
const tail = 2000
const mostEntries = 2000
const newestRows = 10

type Change = { kind: 'start'; job: Job; from: number } | { kind: 'report'; report: LogReport }

interface Kept extends JobLog {
  counted: Record<string, number>
  samples: Sample[]
}

/** Follows a job's log while the page is in sight, from near its end on. @param from how many messages to pass over */
export function useJobLog(job: Job | undefined, from?: number): JobLog | undefined {
  const [log, change] = useReducer(reduce, undefined)
  const isInSight = useInSight()
  const jobId = job?.jobId
  const isThere = job !== undefined && job.messageCount > 0

  // The job of the moment at which the reading begins tells what its log held then; later ones are no reason to begin again.
  useEffect(() => {
    if (!job || !isThere || !isInSight) return undefined
    const after = from ?? Math.max(0, job.messageCount - tail)
    change({ kind: 'start', job, from: after })
    const { apiKey } = session
    const { messageCount: countedUntil, logEpoch: epoch } = job
    const order = { root: serviceRoot.href, jobId: job.jobId, apiKey, after, countedUntil, epoch }
    return startReader(order, (report) => change({ kind: 'report', report }))
  }, [jobId, isThere, isInSight, from])
  return log
}

function reduce(before: Kept | undefined, change: Change): Kept | undefined {
  if (change.kind === 'start') {
    const { job, from } = change
    const counted = Object.fromEntries(job.streams.map(({ streamName, rowsSynced }) => [streamName, rowsSynced]))
    const kept = { entries: before?.entries ?? [], newest: before?.newest ?? {} }
    return {
      ...{ phase: 'reading', from: before ? Math.min(before.from, from) : from, offset: from, problemCode: undefined },
      ...{ counted, rows: counted, rates: {}, samples: [], ...kept },
    }
  }
  if (!before) return before
  return withReport(before, change.report)
}

function withReport(before: Kept, report: LogReport): Kept {
  const { phase, offset, problemCode, isRewound } = report
  const counted = isRewound ? {} : before.counted
  const rows = { ...counted }
  for (const [stream, count] of Object.entries(report.counts)) rows[stream] = (counted[stream] ?? 0) + count
  const samples = [...(isRewound ? [] : before.samples), { time: performance.now(), rows }].slice(-40)
  return {
    ...{ phase, offset, problemCode, counted, rows, samples },
    from: isRewound ? 0 : before.from,
    rates: phase === 'ended' ? {} : rateOf(samples),
    entries: withEntries(isRewound ? [] : before.entries, report.entries),
    newest: withRows(isRewound ? {} : before.newest, report.rows),
  }
}

/** In the order of the log, each once: after a pause the end of the log is read again. */
function withEntries(before: LogEntry[], more: LogEntry[]): LogEntry[] {
  if (more.length === 0) return before
  const [first] = more
  const last = before.at(-1)
  if (!first || !last || first.offset > last.offset) return [...before, ...more].slice(-mostEntries)
  const known = new Set(before.map(({ offset }) => offset))
  const news = more.filter(({ offset }) => !known.has(offset))
  return [...before, ...news].toSorted((one, other) => one.offset - other.offset).slice(-mostEntries)
}

function withRows(before: JobLog['newest'], more: LogReport['rows']): JobLog['newest'] {
  const newest = { ...before }
  for (const [stream, rows] of Object.entries(more)) {
    const known = (newest[stream] ?? []).filter(({ offset }) => offset < (rows[0]?.offset ?? 0))
    newest[stream] = [...known, ...rows].slice(-newestRows)
  }
  return newest
}

function useInSight(): boolean {
  const [isInSight, setInSight] = useState(!document.hidden)
  useEffect(() => {
    const look = () => setInSight(!document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return isInSight
}
