/** One entry of a message log: what one commit has appended. */
export interface LogEntry {
  /** Offset of its last message. */
  lastOffset: number
  /** Messages in it, 1 or more. */
  messageCount: number
  /** Bytes of the messages before compression. */
  bytes: number
  /** The messages, compressed and sealed. */
  blob: Buffer
  /** JSON: the checkpoints among the messages; empty for none. */
  checkpoints: Buffer
}
