import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { hasEnded, type Job } from '../../api/types.ts'
import { CopyAsCurl } from '../../elements/copy-as-curl.tsx'
import { ScrollBox } from '../../elements/scroll-box.tsx'
import { formatCount } from '../../words/figures.ts'
import { formatClock, formatUtc } from '../../words/times.ts'
import type { LogEntry } from './log-messages.ts'
import type { JobLog } from './use-job-log.ts'

const levels = {
  all: { label: 'Everything', shown: ['debug', 'info', 'warn', 'error'] },
  info: { label: 'Without checkpoints', shown: ['info', 'warn', 'error'] },
  warn: { label: 'Warnings and errors', shown: ['warn', 'error'] },
  error: { label: 'Errors', shown: ['error'] },
} as const satisfies Record<string, { label: string; shown: readonly LogEntry['level'][] }>

type Level = keyof typeof levels

/** Lines in the page at a time. */
const mostLines = 300
/** How much more of the log is read at a time, lines. */
const earlierStep = 100_000

interface LogViewProps {
  log: JobLog | undefined
  job: Job
  onReadFrom: (from: number) => void
}

/** The lines of a log that are no rows, with a filter. */
export function LogView({ log, job, onReadFrom }: LogViewProps) {
  const [level, setLevel] = useState<Level>('info')
  const [sought, setSought] = useState('')
  const ids = { heading: useId(), level: useId(), sought: useId() }
  if (!log) return null
  const shown: readonly string[] = levels[level].shown
  const words = sought.trim().toLowerCase()
  const matching = log.entries.filter(
    ({ level, text, stream = '' }) => shown.includes(level) && `${stream} ${text}`.toLowerCase().includes(words),
  )
  const lines = matching.slice(-mostLines)
  return (
    <section aria-labelledby={ids.heading}>
      <div class="section-head">
        <h2 id={ids.heading}>Log</h2>
        <label for={ids.level} class="unseen">
          Show
        </label>
        <select id={ids.level} value={level} onChange={({ currentTarget }) => setLevel(currentTarget.value as Level)}>
          {Object.entries(levels).map(([name, { label }]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
        <label for={ids.sought} class="unseen">
          Filter the log
        </label>
        <input
          id={ids.sought}
          type="search"
          placeholder="Filter"
          value={sought}
          onInput={({ currentTarget }) => setSought(currentTarget.value)}
        />
        <span class="spread" />
        <CopyAsCurl
          call={{ path: `v1/jobs/${job.jobId}/messages?after=${log.from}`, accept: 'application/x-ndjson' }}
        />
      </div>
      {log.problemCode === 'log_gone' && <p class="muted">The log of this sync is past its time and gone.</p>}
      {log.from > 0 && (
        <p class="muted">
          From line {formatCount(log.from + 1)} on.{' '}
          <button type="button" class="quiet small" onClick={() => onReadFrom(Math.max(0, log.from - earlierStep))}>
            Read earlier ones
          </button>
        </p>
      )}
      {matching.length > lines.length && (
        <p class="muted">The latest {formatCount(mostLines)} lines that match are shown.</p>
      )}
      <Lines lines={lines} isFiltered={words !== '' || level !== 'all'} />
      {job.lastFailure && !hasEnded(job.status) && (
        <p class="log-next">
          <b>{job.status === 'incomplete' ? 'Trying again' : 'Tried again'}</b>, since the last attempt failed:{' '}
          {job.lastFailure.message} (<code>{job.lastFailure.code}</code>)
        </p>
      )}
    </section>
  )
}

/** Stays at the end as lines come, unless the reader has scrolled up. */
function Lines({ lines, isFiltered }: { lines: readonly LogEntry[]; isFiltered: boolean }) {
  const box = useRef<HTMLElement>(null)
  const isAtEnd = useRef(true)
  const last = lines.at(-1)?.offset
  // A new last line is the reason to scroll.
  useEffect(() => {
    const { current } = box
    if (current && isAtEnd.current) current.scrollTop = current.scrollHeight
  }, [last])
  if (lines.length === 0) {
    return <p class="log-lines muted">{isFiltered ? 'No line matches.' : 'No line yet.'}</p>
  }
  return (
    <ScrollBox
      class="log-lines"
      label="Lines of the log"
      box={box}
      onScroll={({ scrollTop, scrollHeight, clientHeight }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24
      }}
    >
      {lines.map(({ offset, level, text, stream, time }) => (
        <div key={offset} class={`line level-${level}`}>
          <span class="offset">{offset}</span>
          <span class="time">
            {time !== undefined && (
              <time dateTime={new Date(time).toISOString()} title={formatUtc(time)}>
                {formatClock(time)}
              </time>
            )}
          </span>
          <span class="level">{level}</span>
          <span class="text">
            {stream !== undefined && <b>{stream} </b>}
            {stream !== undefined && text.startsWith(`${stream}: `) ? text.slice(stream.length + 2) : text}
          </span>
        </div>
      ))}
    </ScrollBox>
  )
}
