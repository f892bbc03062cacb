import { watchInBars } from './bars.ts'
import { watchInLines } from './lines.ts'
import type { Watch } from './progress.ts'
import type { Screen } from './screen.ts'

/** Rows besides those of the streams: the budget, and some of the earlier output. */
const otherRows = 4

/** Shows bars if the terminal is high enough and the library that draws them is installed; otherwise lines. */
export async function openDisplay(screen: Screen, streamCount: number): Promise<Watch> {
  if (screen.rows < streamCount + otherRows) return watchInLines(screen)
  try {
    const { MultiBar } = (await import('cli-progress')).default
    return watchInBars(screen, (options) => new MultiBar(options))
  } catch {
    return watchInLines(screen)
  }
}
