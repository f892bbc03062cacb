import { watchInBars } from './bars.ts'
import { type LineOptions, watchInLines } from './lines.ts'
import type { Screen } from './screen.ts'
import type { Watch } from './sync-view.ts'

/** Rows besides those of the streams: the whole sync, a footer, and some of the earlier output. */
const otherRows = 5

/** Shows bars if the screen can redraw so many rows; otherwise lines. */
export async function openDisplay(screen: Screen, streamCount: number, lines: LineOptions): Promise<Watch> {
  if (screen.rows < streamCount + otherRows) return watchInLines(screen, lines)
  const { default: progress } = await import('cli-progress')
  return watchInBars(screen, (options) => new progress.MultiBar(options))
}
