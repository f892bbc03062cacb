import fc from 'fast-check'
import { type Compared, compare, holds } from './compare.ts'
import { drawnSyncs } from './draw.ts'

/** What a run has shown. */
export interface EstimatesRun {
  syncs: number
  figures: Compared[]
  /** The most requests that an estimate made. */
  mostRequests: number
}

/**
 * Compares estimates of drawn syncs with the syncs.
 *
 * @param most records of the largest stream
 * @throws with the smallest sync that it finds whose estimate does not hold, and the seed
 */
export async function runEstimates(runs: number, most: number, seed?: number): Promise<EstimatesRun> {
  const run: EstimatesRun = { syncs: 0, figures: [], mostRequests: 0 }
  const property = fc.asyncProperty(drawnSyncs(most), async (drawn) => {
    const { figures, requestsMade } = await compare(drawn)
    run.syncs++
    run.figures.push(...figures)
    run.mostRequests = Math.max(run.mostRequests, requestsMade)
    const wrong = figures.filter((figure) => !holds(figure))
    const told = wrong.map(({ what, estimated, needed }) => `${what}: ${estimated} estimated, ${needed} needed`)
    if (wrong.length > 0) throw new Error(told.join('; '))
  })
  await fc.assert(property, { numRuns: runs, ...(seed !== undefined && { seed }) })
  return run
}
