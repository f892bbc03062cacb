import { checkMessages } from '../oracle/check-messages.ts'
import type { Report } from '../oracle/report.ts'
import { usualNames } from '../records/streams.ts'
import type { TruthLine } from '../truth/truth.ts'

/** How many records a stream should have delivered, and how many came. */
export interface StreamCount {
  stream: string
  expected: number
  delivered: number
  /** Whether the counts agree and the oracle finds no fault in any record. */
  isRight: boolean
}

export interface Verdict {
  isRight: boolean
  counts: StreamCount[]
  report: Report
}

/** Checks a file of messages: it must hold each of these records once, and no others. */
export async function judge(file: string, truth: Iterable<TruthLine>): Promise<Verdict> {
  const expected = new Map<string, number>()
  const report = await checkMessages(file, counted(truth, expected), { expectStreams: [...usualNames] })
  const faulty = new Set(report.faults.map(({ stream }) => stream))
  const counts = usualNames.map((stream) => {
    const wanted = expected.get(stream) ?? 0
    const delivered = report.streams[stream]?.records ?? 0
    return { stream, expected: wanted, delivered, isRight: wanted === delivered && !faulty.has(stream) }
  })
  return { isRight: report.ok && counts.every(({ isRight }) => isRight), counts, report }
}

/**
 * Counts the present records as they pass. Records that only some requests show are not requested here, so they are not
 * counted.
 */
function* counted(truth: Iterable<TruthLine>, counts: Map<string, number>): Generator<TruthLine> {
  for (const line of truth) {
    if (line.visibleUntil === null && !line.optional) counts.set(line.stream, (counts.get(line.stream) ?? 0) + 1)
    yield line
  }
}
