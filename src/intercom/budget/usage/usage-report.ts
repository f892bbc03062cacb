/** What happened to permits since the last exchange. It covers several requests at once, and comes late. */
export interface UsageReport {
  member: string
  /** Window -> requests that were answered, failed or were given up. */
  ended: ReadonlyMap<number, number>
  /** Window -> the answers among them, grouped by the window that Intercom counted them in. */
  answered: ReadonlyMap<number, readonly WindowAnswers[]>
  /** Window -> the requests among them that failed, without headers that would tell what remains. */
  failed: ReadonlyMap<number, number>
  /** Window -> permits given back unused. */
  unused: ReadonlyMap<number, number>
  /** The reading with the fewest requests remaining, from the latest window that headers named. */
  reading?: WindowReading | undefined
  /** Until when a 429 forbids requests, ms on Intercom's clock; 0 = no 429 does. */
  blockedUntil: number
}

/** What the `X-RateLimit-*` headers of an answer said about a window. */
export interface WindowReading {
  limit: number
  remaining: number
  /** Ms on Intercom's clock. */
  endsAt: number
  /** Answers that named this window. */
  answers: number
}

/** Answers that Intercom counted in one window. */
export interface WindowAnswers {
  /** Ms on Intercom's clock. */
  endsAt: number
  count: number
  /** 429s among them with nothing remaining: they took nothing from the window. */
  refused: number
}
