/** How long data is kept after the later of a job's end and its last read, ms. */
export interface Retention {
  /** The message log, its data key and the states. */
  logMs: number
  /** The record: longer, so that a late reader learns that the messages are gone, not that there was no such job. */
  recordMs: number
}

const weekMs = 7 * 24 * 3600 * 1000

export function retentionOf(jobRetentionMs: number): Retention {
  return { logMs: jobRetentionMs, recordMs: jobRetentionMs + weekMs }
}
