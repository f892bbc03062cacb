import type { Clock } from '../clock.ts'
import { formatCount, formatDuration, formatNoun, formatSeconds } from './figures.ts'
import type { Screen } from './screen.ts'
import { type Shown, type StreamView, type SyncView, totalRecords, type Watch } from './sync-view.ts'

export interface LineOptions {
  clock: Clock
  /** Between two lines, ms. */
  everyMs: number
  /** Whether each stream has a line of its own at its end. */
  tellsEnds: boolean
}

/** Prints a line every so often. */
export function watchInLines({ say }: Pick<Screen, 'say'>, { clock, everyMs, tellsEnds }: LineOptions): Watch {
  return ({ sync, footer }: Shown) => {
    const over = new AbortController()
    const told = new Set<string>()
    const tellEnded = () => {
      for (const stream of tellsEnds ? sync().streams : []) {
        const isOver = stream.status === 'complete' || stream.status === 'incomplete'
        if (!isOver || told.has(stream.name)) continue
        told.add(stream.name)
        say(endedLine(stream))
      }
    }
    const tell = async () => {
      for (;;) {
        await clock.sleep(everyMs, over.signal)
        tellEnded()
        say(footer ? `${overallLine(sync())}; ${footer().words}` : `${overallLine(sync())}${streamWords(sync())}`)
      }
    }
    tell().catch(() => undefined)
    return () => {
      over.abort()
      tellEnded()
    }
  }
}

/** How far the whole sync is. */
export function overallLine({ streams, seconds, waitingFor }: SyncView): string {
  const total = formatNoun(totalRecords(streams), 'record')
  const waiting = waitingFor === undefined ? '' : `; waiting for ${waitingFor}`
  return `  ${formatSeconds(seconds * 1000)}: ${total}${waiting}`
}

/** The streams that are being read, and how many have ended. */
function streamWords({ streams }: SyncView): string {
  const reading = streams.filter(({ status }) => status === 'reading').map(readingWords)
  const ended = streams.filter(({ status }) => status === 'complete' || status === 'incomplete').length
  return [...reading, ...(ended > 0 ? [`${ended} of ${formatNoun(streams.length, 'stream')} ended`] : [])]
    .map((words) => `; ${words}`)
    .join('')
}

function readingWords({ name, records, estimate, rate, secondsLeft }: StreamView): string {
  const of = estimate === undefined ? '' : ` of ${formatCount(estimate)}`
  const pace = rate === undefined ? '' : ` (${formatCount(Math.round(rate))}/s)`
  const left = secondsLeft === undefined ? '' : `, ${formatDuration(secondsLeft)} left`
  return `${name} ${formatCount(records)}${of}${pace}${left}`
}

function endedLine({ name, status, records, rate = 0, seconds = 0 }: StreamView): string {
  const pace = `${formatCount(Math.round(rate))}/s`
  return `  ${name}: ${status}, ${formatNoun(records, 'record')} in ${formatSeconds(seconds * 1000)} (${pace})`
}
