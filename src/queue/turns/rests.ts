import type { Flow } from './turns.ts'

/** An attempt that runs in this process. */
export interface SlotState {
  jobId: number
  flow: Flow
  /** How long it will wait for its limit, ms; undefined if it does not wait. */
  limitedMs: number | undefined
  /** It holds nothing that the next attempt could not go on from, and has nothing on its way. */
  mayRest: boolean
  /** It has made progress, and all it holds can be gone on from. */
  mayGiveWay: boolean
  /** Since it has its slot, ms. */
  ranMs: number
}

/** An attempt that gives its slot back. */
interface ChosenRest {
  jobId: number
  /** How long it wants no slot, ms. */
  restMs: number
}

/** An attempt that would wait for longer gives its slot back. A shorter rest would save nothing. */
const longestHeldMs = 1000
/** An attempt that has had its slot for so long gives it to a tenant or a token that has fewer. */
const turnMs = 10_000
/** The same, where the other would still have fewer, or as many, afterwards. */
const shortTurnMs = 2000

/**
 * Which attempts give their slots to the jobs that wait: first those that wait for their limit, the newest first, so
 * that the oldest come to their end; then those of the tenant, and of the token, that has the most slots, if their turn
 * is over.
 *
 * @param waiting the flows of the jobs that could begin now
 */
export function chooseRests(waiting: readonly Flow[], running: readonly SlotState[]): ChosenRest[] {
  const left = new Set(running)
  const rests: ChosenRest[] = []
  for (const flow of waiting) {
    const chosen = newestLimited(left) ?? longestServed(left, flow)
    if (!chosen) break
    left.delete(chosen)
    rests.push({ jobId: chosen.jobId, restMs: chosen.limitedMs ?? 0 })
  }
  return rests
}

function newestLimited(running: ReadonlySet<SlotState>): SlotState | undefined {
  const limited = [...running].filter(({ limitedMs = 0, mayRest }) => mayRest && limitedMs > longestHeldMs)
  return limited.toSorted((one, other) => other.jobId - one.jobId)[0]
}

function longestServed(running: ReadonlySet<SlotState>, waiting: Flow): SlotState | undefined {
  const all = [...running]
  const ofTenant = ({ tenant }: Flow) => all.filter(({ flow }) => flow.tenant === tenant).length
  const ofToken = ({ tenant, token }: Flow) =>
    all.filter(({ flow }) => flow.tenant === tenant && flow.token === token).length
  const surplus = ({ flow }: SlotState) =>
    flow.tenant === waiting.tenant ? ofToken(flow) - ofToken(waiting) : ofTenant(flow) - ofTenant(waiting)
  const turnOf = (attempt: SlotState) => (surplus(attempt) > 1 ? shortTurnMs : turnMs)
  const over = all.filter((attempt) => attempt.mayGiveWay && surplus(attempt) > 0 && attempt.ranMs >= turnOf(attempt))
  return over.toSorted(
    (one, other) =>
      ofTenant(other.flow) - ofTenant(one.flow) || ofToken(other.flow) - ofToken(one.flow) || other.ranMs - one.ranMs,
  )[0]
}
