/** What runs beside others. */
export interface Sharing {
  /** Share of a core. */
  load: number
}

/** Runs all in their order, each as soon as it has room beside those that run: they take one core together. */
export async function runSideBySide<Work extends Sharing>(
  works: readonly Work[],
  run: (work: Work) => Promise<void>,
): Promise<void> {
  const waiting = [...works]
  const running = new Set<Promise<void>>()
  let taken = 0
  while (waiting.length > 0 || running.size > 0) {
    const [next] = waiting
    if (next && (running.size === 0 || taken + next.load <= 1)) {
      waiting.shift()
      taken += next.load
      const done = run(next).finally(() => {
        taken -= next.load
        running.delete(done)
      })
      running.add(done)
    } else await Promise.race(running)
  }
}

/** How long that takes, where each tells how long it takes. */
export function secondsSideBySide(works: readonly (Sharing & { seconds: number })[]): number {
  /** When each of those that run ends, with its load. */
  let running: { end: number; load: number }[] = []
  let now = 0
  for (const { load, seconds } of works) {
    const taken = () => running.reduce((sum, one) => sum + one.load, 0)
    while (running.length > 0 && taken() + load > 1) {
      now = Math.min(...running.map(({ end }) => end))
      running = running.filter(({ end }) => end > now)
    }
    running.push({ end: now + seconds, load })
  }
  return Math.max(0, ...running.map(({ end }) => end))
}
