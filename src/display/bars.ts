import type { MultiBar } from 'cli-progress'
import { formatCount, formatDuration, formatSeconds } from './figures.ts'
import { overallLine } from './lines.ts'
import type { Screen } from './screen.ts'
import type { FooterView, Shown, StreamView, Watch } from './sync-view.ts'

const nameWidth = 18
const barWidth = 16

/** Draws a line for the whole sync, then the footer, then a bar per stream, all within 80 columns. */
export function watchInBars(screen: Screen, createBars: (options: object) => MultiBar): Watch {
  return ({ sync, footer }: Shown) => {
    // All is drawn again each time: a note above has moved it.
    const bars = createBars({ stream: screen.output, hideCursor: true, gracefulExit: false, forceRedraw: true })
    const release = screen.divert((line) => bars.log(`${line}\n`))
    let isOver = false
    const addLine = (render: () => string) => {
      let text = ''
      const format = () => {
        if (!isOver) text = render()
        return text
      }
      bars.create(1, 0, {}, { format })
    }
    let shown = 0
    // Streams may turn up later: a job that waits in its queue has none.
    const addStreams = () => {
      for (const { streams } = sync(); shown < streams.length; ) {
        const place = shown++
        addLine(() => streamLine(sync().streams[place], screen))
      }
    }
    addLine(() => overallLine(sync()))
    if (footer) addLine(() => columns(screen, footer()))
    addStreams()
    bars.on('update-pre', addStreams)
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

function streamLine(stream: StreamView | undefined, screen: Screen): string {
  if (stream === undefined) return ''
  const { name, status, records, estimate, rate, secondsLeft, seconds } = stream
  if (status === 'waiting') return screen.paint('dim', `  ${name}`)
  const isOver = status !== 'reading'
  const share = isOver ? 1 : estimate === undefined ? undefined : Math.min(1, records / Math.max(1, estimate))
  const left = secondsLeft === undefined ? '' : `${formatDuration(secondsLeft)} left`
  const took = seconds === undefined ? '' : formatSeconds(seconds * 1000)
  return columns(screen, {
    name,
    share,
    counts: estimate === undefined ? formatCount(records) : `${formatCount(records)}/${formatCount(estimate)}`,
    rate: rate === undefined ? '' : `${formatCount(Math.round(rate))}/s`,
    time: status === 'incomplete' ? 'incomplete' : isOver ? took : left,
  })
}

interface Columns extends Omit<FooterView, 'share' | 'words'> {
  /** There is no bar while it is unknown. */
  share: number | undefined
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
