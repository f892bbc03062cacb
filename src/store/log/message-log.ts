import type { FinalStatus } from '../job.ts'

/** A piece of a message log. */
export interface LogPage {
  /** Whole NDJSON lines, the first of them message `after + 1`. Empty at the present end of the log. */
  body: Buffer
  /** Lines in `body`. */
  messageCount: number
  /** How the job had ended before the page was read. If it had, `total` is the log's final length. */
  finalStatus: FinalStatus | undefined
  total: number
  epoch: string
}

/** Reading the ordered messages of a job. */
export interface MessageLogReader {
  /**
   * The next piece after the first `after` messages: at least one entry if there is one, at most about `maxBytes` of NDJSON.
   *
   * @throws CodedError `log_gone` when the messages are no longer kept, `store_unavailable`
   */
  read(jobId: number, after: number, maxBytes: number): Promise<LogPage>
  /**
   * NDJSON bytes of the messages between two offsets at which entries end, as `read` gives them: without reading them.
   *
   * @throws CodedError `log_gone` when the messages are no longer kept, `store_unavailable`
   */
  measure(jobId: number, after: number, through: number): Promise<number>
  /** Whether the log may lack messages that were read: Redis is another process than at the last commit. */
  mayHaveGoneBack(jobId: number): Promise<boolean>
  /** Calls `listener` after every commit, status change and end of the job, and when the connection to Redis is lost (`'lost'`). */
  subscribe(jobId: number, listener: (event: 'changed' | 'lost') => void): () => void
}
