/** What the reader of a job's log, which runs beside the page, and the page tell each other. */
export interface LogOrder {
  /** The service's root, `/v1` comes behind it. */
  root: string
  jobId: number
  apiKey: string | undefined
  /** How many messages of the log to pass over. */
  after: number
  /** Messages at or before this offset are in the counts of the job already. */
  countedUntil: number
  epoch: string
}

/** A message that is no record, as a line for people. */
export interface LogEntry {
  /** Its place in the log. */
  offset: number
  level: 'debug' | 'info' | 'warn' | 'error'
  text: string
  stream?: string
  /** Ms since the epoch: its own, or that of the line before it. */
  time?: number
}

/** One record, cut to what a line of a table can show. */
export interface RowPreview {
  offset: number
  cells: Record<string, string>
}

export type LogPhase = 'reading' | 'reconnecting' | 'ended' | 'gone'

/** What has come since the last report. */
export interface LogReport {
  phase: LogPhase
  /** Messages held: those up to here have come. */
  offset: number
  /** Records since `countedUntil`, by stream. */
  counts: Record<string, number>
  entries: LogEntry[]
  /** The newest rows of each stream that had some since the last report, oldest first. */
  rows: Record<string, RowPreview[]>
  /** Whether the log has gone back, so that what came before is void. */
  isRewound: boolean
  /** The code of the problem that ended the reading. */
  problemCode?: string
}
