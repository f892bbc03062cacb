import type { Clock } from '../clock.ts'
import { openDisplay } from '../display/display.ts'
import { watchInLines } from '../display/lines.ts'
import { createMessageProgress } from '../display/message-progress.ts'
import { createScreen } from '../display/screen.ts'
import { readTerminalSettings } from '../display/settings.ts'
import { readSelection } from '../streams/selection.ts'
import type { Output } from './output.ts'

/** An output whose messages are shown as progress beside it. */
interface ReadDisplay {
  output: Output
  /** Writes a line above the progress. */
  note: (line: string) => void
  stop: () => void
}

interface ReadDisplayOptions {
  /** As it was given: its streams are shown from the start. */
  catalog: unknown
  output: Output
  streams: Pick<NodeJS.Process, 'stdout' | 'stderr'>
  clock: Clock
}

/** Between two lines where there is no terminal, ms. */
const everyMs = 30_000

/**
 * Shows on stderr how far a read is: bars where it is a terminal, else a line every 30 s. In a terminal that shows the
 * messages, too, there is no room for bars.
 */
export async function openReadDisplay({ catalog, output, streams, clock }: ReadDisplayOptions): Promise<ReadDisplay> {
  const { stdout, stderr } = streams
  const screen = createScreen({ output: stderr, notes: stderr, environment: readTerminalSettings() })
  const names = readSelection({ catalog: catalog ?? null }, [], { unknown: 'keep' }).streams.map(
    ({ stream }) => stream.name,
  )
  const progress = createMessageProgress(names, clock)
  const lines = { clock, everyMs, tellsEnds: false }
  const watch = stdout.isTTY ? watchInLines(screen, lines) : await openDisplay(screen, names.length, lines)
  return {
    output: {
      async write(lines) {
        await output.write(lines)
        progress.takeAll(lines)
      },
    },
    note: screen.note,
    stop: watch({ sync: progress.view }),
  }
}
