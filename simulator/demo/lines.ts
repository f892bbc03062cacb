import type { BudgetUse } from './budget-use.ts'
import { type Progress, paceOf, type StreamProgress, totalRecords, type Watch } from './progress.ts'
import { formatCount, formatSeconds, type Screen } from './screen.ts'

const everyMs = 3000

/** Prints one line every few seconds, and one for each stream at its end. */
export function watchInLines({ say }: Screen): Watch {
  return (progress, readBudget) => {
    const told = new Set<StreamProgress>()
    const tellEnded = () => {
      for (const stream of progress.streams) {
        if (stream.endedAt === undefined || told.has(stream)) continue
        told.add(stream)
        say(endedLine(stream))
      }
    }
    const timer = setInterval(() => {
      tellEnded()
      say(overallLine(progress, readBudget()))
    }, everyMs)
    return () => {
      clearInterval(timer)
      tellEnded()
    }
  }
}

function endedLine(stream: StreamProgress): string {
  const { status, records, startedAt = 0, endedAt = 0 } = stream
  const rate = `${formatCount(Math.round(paceOf(stream, endedAt).rate))}/s`
  const time = formatSeconds(endedAt - startedAt)
  return `  ${stream.stream}: ${status}, ${formatCount(records)} records in ${time} (${rate})`
}

function overallLine(progress: Progress, { used, limit, resetsIn }: BudgetUse): string {
  const time = formatSeconds(progress.now() - progress.startedAt)
  const budget = `Intercom's limit: ${formatCount(used)} of ${formatCount(limit)} used, new in ${resetsIn} s`
  return `  ${time}: ${formatCount(totalRecords(progress))} records; ${budget}`
}
