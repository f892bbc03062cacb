import { watchInBars } from './bars.ts'
import { watchInLines } from './lines.ts'
import type { Watch } from './progress.ts'
import type { Screen } from './screen.ts'

/** Bars in a terminal, where the library that draws them is installed; else lines. */
export async function openDisplay(screen: Screen): Promise<Watch> {
  if (!screen.hasBars) return watchInLines(screen)
  try {
    const { MultiBar } = (await import('cli-progress')).default
    return watchInBars(screen, (options) => new MultiBar(options))
  } catch {
    return watchInLines(screen)
  }
}
