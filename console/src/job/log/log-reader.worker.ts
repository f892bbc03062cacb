import { readEntry } from './entries.ts'
import { createLineCutter, recordStream, recordTime } from './lines.ts'
import type { LogEntry, LogOrder, LogPhase, LogReport, RowPreview } from './log-messages.ts'
import { previewRow } from './row-preview.ts'

// Reads a job's log beside the page, so that no number of rows makes the page slow. It follows the log to its end over
// any number of broken connections, counts records, and keeps only what the page can show.

/** How often the page is told what came, ms. */
const reportEveryMs = 250
/** The service sends a blank line after 15 s of silence; later than this the connection is dead, e.g. after sleep. */
const silenceMs = 40_000
const retryMs = [500, 1000, 2000, 5000]
const newestRows = 20
const newestEntries = 1000

const decoder = new TextDecoder()

interface Reading {
  order: LogOrder
  offset: number
  epoch: string
  phase: LogPhase
  counts: Record<string, number>
  entries: LogEntry[]
  rows: Map<string, RowPreview[]>
  isRewound: boolean
  /** The latest time that a line has told, ms since the epoch. */
  time?: number | undefined
  problemCode?: string
}

self.addEventListener('message', ({ data }: MessageEvent<LogOrder>) => void follow(data), { once: true })

async function follow(order: LogOrder): Promise<void> {
  const { after: offset, epoch } = order
  const reading: Reading = {
    ...{ order, offset, epoch, phase: 'reading', counts: Object.create(null), entries: [] },
    ...{ rows: new Map(), isRewound: false },
  }
  const timer = setInterval(() => report(reading), reportEveryMs)
  let failures = 0
  while (reading.phase !== 'ended' && reading.phase !== 'gone') {
    const held = reading.offset
    try {
      await readOnce(reading)
    } catch {
      // Whatever broke: the next call goes on where the last whole line ended.
      failures = reading.offset > held ? 0 : failures + 1
      reading.phase = 'reconnecting'
      await new Promise((resolve) => setTimeout(resolve, retryMs[Math.min(failures, retryMs.length - 1)]))
    }
  }
  clearInterval(timer)
  report(reading)
}

/** @throws when the connection breaks, or the service cannot answer now */
async function readOnce(reading: Reading): Promise<void> {
  const { root, jobId, apiKey } = reading.order
  const ended = new AbortController()
  const query = new URLSearchParams({ after: String(reading.offset), epoch: reading.epoch, heartbeat: '15' })
  const response = await fetch(`${root}v1/jobs/${jobId}/messages?${query}`, {
    headers: { Accept: 'application/x-ndjson', ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }) },
    signal: ended.signal,
  })
  if (!response.ok || !response.body) return refused(reading, response)
  reading.phase = 'reading'
  const cut = createLineCutter()
  const reader = response.body.getReader()
  for (;;) {
    const silence = setTimeout(() => ended.abort(), silenceMs)
    const { done, value } = await reader.read().finally(() => clearTimeout(silence))
    if (done) break
    take(reading, cut(value))
  }
  // A body that ends properly is that of a job that has ended; a cut one throws.
  reading.phase = 'ended'
}

/** @throws when asking again can help */
async function refused(reading: Reading, response: Response): Promise<void> {
  const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>
  if (problem.code === 'log_rewound' && typeof problem.logEpoch === 'string' && problem.logEpoch !== reading.epoch) {
    Object.assign(reading, {
      offset: 0,
      epoch: problem.logEpoch,
      counts: Object.create(null),
      entries: [],
      isRewound: true,
    })
    reading.order.countedUntil = 0
    reading.rows.clear()
    return
  }
  if (problem.code === 'log_gone' && typeof problem.firstLeft === 'number' && problem.firstLeft > reading.offset) {
    reading.offset = problem.firstLeft
    return
  }
  if (response.status === 429 || response.status >= 500) throw new Error('not now')
  reading.phase = 'gone'
  reading.problemCode = String(problem.code ?? response.status)
}

function take(reading: Reading, lines: readonly Uint8Array[]): void {
  /** The last lines of each stream: only these are parsed. */
  const newest = new Map<string, { line: Uint8Array; offset: number }[]>()
  let record: Uint8Array | undefined
  for (const line of lines) {
    // A blank line only shows that the service lives.
    if (line.length === 0) continue
    const offset = ++reading.offset
    const stream = recordStream(line, decoder)
    if (stream === undefined) {
      if (record) reading.time = recordTime(record, decoder) ?? reading.time
      record = undefined
      const entry = readEntry(decoder.decode(line), offset, reading.time)
      if (entry) reading.entries.push(entry)
      reading.time = entry?.time ?? reading.time
      continue
    }
    record = line
    if (offset > reading.order.countedUntil) reading.counts[stream] = (reading.counts[stream] ?? 0) + 1
    const kept = newest.get(stream) ?? []
    kept.push({ line, offset })
    if (kept.length > newestRows) kept.shift()
    newest.set(stream, kept)
  }
  if (record) reading.time = recordTime(record, decoder) ?? reading.time
  if (reading.entries.length > newestEntries) reading.entries.splice(0, reading.entries.length - newestEntries)
  for (const [stream, kept] of newest) {
    const rows = kept.map(({ line, offset }) => previewRow(line, offset, decoder))
    reading.rows.set(stream, [...(reading.rows.get(stream) ?? []), ...rows].slice(-newestRows))
  }
}

function report(reading: Reading): void {
  const { phase, offset, counts, entries, rows, isRewound, problemCode } = reading
  const told: LogReport = {
    ...{ phase, offset, isRewound, entries, counts: { ...counts }, rows: Object.fromEntries(rows) },
    ...(problemCode !== undefined && { problemCode }),
  }
  self.postMessage(told)
  reading.entries = []
  reading.rows = new Map()
  reading.isRewound = false
}
