/** How far a stream is, as a display shows it. */
export interface StreamView {
  name: string
  status: 'waiting' | 'reading' | 'complete' | 'incomplete'
  records: number
  /** Intercom's own count; absent where Intercom does not say beforehand. */
  estimate?: number
  /** Records per second. */
  rate?: number
  secondsLeft?: number
  /** How long the stream took; absent before its end, and where nobody measured it. */
  seconds?: number
}

/** How far a sync is, at one moment. */
export interface SyncView {
  streams: readonly StreamView[]
  /** Since its start. */
  seconds: number
  /** What the sync waits for, in words that follow "waiting for". */
  waitingFor?: string
}

/** One more row, which is not a stream's. */
export interface FooterView {
  name: string
  /** From 0 to 1. */
  share: number
  counts: string
  rate: string
  time: string
  /** The same in words, for a display in lines. */
  words: string
}

/** What a display shows. The functions are called whenever it draws. */
export interface Shown {
  sync: () => SyncView
  footer?: () => FooterView
}

/** Shows a sync while it runs, until the returned function is called. */
export type Watch = (shown: Shown) => () => void

/** Records of all streams. */
export function totalRecords(streams: readonly StreamView[]): number {
  return streams.reduce((sum, { records }) => sum + records, 0)
}

/** The rate and the time left of a stream that has been read for so many seconds. */
export function paceOf(
  records: number,
  estimate: number | undefined,
  seconds: number,
): Pick<StreamView, 'rate' | 'secondsLeft'> {
  const rate = records / Math.max(0.1, seconds)
  const isKnown = estimate !== undefined && rate > 0
  return { rate, ...(isKnown && { secondsLeft: Math.max(0, estimate - records) / rate }) }
}
