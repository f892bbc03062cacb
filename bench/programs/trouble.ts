import type { Simulator } from '../../simulator/app.ts'

/** What goes wrong in the middle of a sync. */
export interface Trouble {
  /** When it begins, ms after the first request. */
  afterMs: number
  /** When it is over, ms later; undefined: it stays. */
  forMs?: number
  /** The answer to each request meanwhile. */
  status?: number
  /** How long each answer takes from then on. */
  latencyMs?: number
}

/** Lets a simulator meet trouble. */
export function meetTrouble(simulator: Simulator, { afterMs, forMs, status, latencyMs }: Trouble): void {
  const { app, faults, dependencies } = simulator
  let hasBegun = false
  app.addHook('onRequest', async ({ url }) => {
    if (hasBegun || url.startsWith('/_simulator/')) return
    hasBegun = true
    setTimeout(() => {
      if (latencyMs !== undefined) dependencies.options.latencyMs = latencyMs
      if (status !== undefined) faults.next([{ status, repeat: Number.POSITIVE_INFINITY }])
      if (forMs !== undefined) setTimeout(() => faults.clear(), forMs)
    }, afterMs)
  })
}
