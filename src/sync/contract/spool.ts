/**
 * Holds the pages of a walk that cannot wait for its reader: Intercom's scroll dies when it is not read on for a minute.
 * Lost with the attempt; the scroll then starts again.
 */
export interface Spool {
  append(page: Buffer): Promise<void>
  /** No page follows; with an error, readers get it after the last page. */
  close(error?: unknown): void
  /** Every page, in order, waiting for those to come. */
  pages(): AsyncGenerator<Buffer, void, void>
  /** Frees what it takes up; nothing may be read afterwards. */
  dispose(): Promise<void>
}

/** Makes a spool; the caller disposes of it. */
export type CreateSpool = () => Promise<Spool>
