import type { MultiBar } from 'cli-progress'
import type { BudgetUse } from './budget-use.ts'
import { paceOf, type StreamProgress, type Watch } from './progress.ts'
import { formatCount, formatSeconds, type Screen } from './screen.ts'

const nameWidth = 18
const barWidth = 16

/** Draws a bar per stream and one for the budget, all within 80 columns. */
export function watchInBars(screen: Screen, createBars: (options: object) => MultiBar): Watch {
  return (progress, readBudget) => {
    const release = screen.hold()
    const bars = createBars({ stream: screen.output, hideCursor: true, gracefulExit: false })
    let isOver = false
    const addLine = (render: () => string) => {
      let text = ''
      const format = () => {
        if (!isOver) text = render()
        return text
      }
      bars.create(1, 0, {}, { format })
    }
    for (const stream of progress.streams) addLine(() => streamLine(stream, progress.now(), screen))
    addLine(() => budgetLine(readBudget(), screen))
    return () => {
      // The library cuts the text that it draws while it stops, and counts colour codes as width. So draw everything
      // before.
      bars.update()
      isOver = true
      bars.stop()
      release()
    }
  }
}

function streamLine(stream: StreamProgress, now: number, screen: Screen): string {
  const { status, records, estimate, startedAt = now, endedAt } = stream
  if (status === 'waiting') return screen.paint('dim', `  ${stream.stream}`)
  const isOver = endedAt !== undefined
  const share = isOver ? 1 : estimate === undefined ? undefined : Math.min(1, records / Math.max(1, estimate))
  const { rate, secondsLeft } = paceOf(stream, now)
  const left = secondsLeft === undefined ? '' : `${Math.ceil(secondsLeft)} s left`
  return columns(screen, {
    name: stream.stream,
    share,
    counts: estimate === undefined ? formatCount(records) : `${formatCount(records)}/${formatCount(estimate)}`,
    rate: `${formatCount(Math.round(rate))}/s`,
    time: status === 'incomplete' ? 'incomplete' : isOver ? formatSeconds(endedAt - startedAt) : left,
  })
}

function budgetLine({ used, limit, resetsIn }: BudgetUse, screen: Screen): string {
  return columns(screen, {
    name: "Intercom's limit",
    share: Math.min(1, used / limit),
    counts: `${formatCount(used)}/${formatCount(limit)}`,
    rate: 'in 10 s',
    time: `new in ${resetsIn} s`,
  })
}

interface Columns {
  name: string
  /** From 0 to 1; there is no bar while it is unknown. */
  share: number | undefined
  counts: string
  rate: string
  time: string
}

function columns({ bar, paint }: Screen, { name, share, counts, rate, time }: Columns): string {
  const done = Math.round((share ?? 0) * barWidth)
  const drawn =
    share === undefined
      ? ' '.repeat(barWidth)
      : paint('green', bar.done.repeat(done)) + paint('dim', bar.open.repeat(barWidth - done))
  const percent = share === undefined ? '' : `${Math.floor(share * 100)}%`
  return [
    `  ${name.padEnd(nameWidth)}`,
    drawn,
    percent.padStart(4),
    counts.padStart(15),
    rate.padStart(8),
    time.padStart(11),
  ].join(' ')
}
