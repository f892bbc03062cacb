import type { Clock } from '../../src/clock.ts'
import { createMessageProgress } from '../../src/display/message-progress.ts'
import type { SyncView } from '../../src/display/sync-view.ts'

/** What the messages received so far show about a sync. */
export interface Progress {
  view(): SyncView
  /** The first RECORD of each stream, as its line. */
  samples: ReadonlyMap<string, string>
  /** Messages of the errors reported. */
  failures: readonly string[]
  /** Takes one more line. */
  take(line: Buffer): void
}

/** Enough of a line to see its type and its stream. */
const headBytes = 120

export function createProgress(names: readonly string[], clock: Clock): Progress {
  const counted = createMessageProgress(names, clock)
  const samples = new Map<string, string>()
  const failures: string[] = []
  return {
    view: counted.view,
    samples,
    failures,
    take(line) {
      counted.take(line)
      const head = line.toString('latin1', 0, headBytes)
      const name = /^\{"type":"RECORD","record":\{"stream":"(\w+)"/.exec(head)?.[1]
      if (name !== undefined && !samples.has(name)) samples.set(name, line.toString())
      if (!head.startsWith('{"type":"TRACE","trace":{"type":"ERROR"')) return
      const { trace } = JSON.parse(line.toString()) as { trace: { error: { message: string } } }
      failures.push(trace.error.message)
    },
  }
}
