/**
 * Holds the pages of a walk that cannot wait for its reader: Intercom's scroll dies if nobody reads from it for a
 * minute. The spool is lost with the attempt; the scroll then starts again.
 */
export interface Spool {
  append(page: Buffer): Promise<void>
  /** No more pages follow. If there is an error, readers get it after the last page. */
  close(error?: unknown): void
  /** Every page, in order. Waits for pages that are still to come. */
  pages(): AsyncGenerator<Buffer, void, void>
  /** Frees its storage; nothing may be read afterwards. */
  dispose(): Promise<void>
}

/** Makes a spool; the caller disposes of it. */
export type CreateSpool = () => Promise<Spool>
