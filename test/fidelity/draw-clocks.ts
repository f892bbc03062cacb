import { pick, type Random } from '../../simulator/random.ts'
import { type WrongDate, type WrongDates, type WrongMachine, wrongDates } from '../support/wrong-clocks.ts'

/** The wrong time that a job gets. Either the answers or the machine is right, or nobody could know the time. */
export interface ToldClocks {
  dates?: WrongDates
  machine?: WrongMachine
}

const minute = 60_000

/** One job in three gets a wrong time. */
export function drawClocks(random: Random): ToldClocks | undefined {
  const what = random()
  if (what > 0.35) return undefined
  if (what > 0.12) {
    const date = pick(random, Object.keys(wrongDates) as WrongDate[])
    const often = pick(random, ['once', 'sometimes', 'always'] as const)
    return { dates: { date, often, after: Math.floor(random() * random() * 40) } }
  }
  const aheadMs = pick(random, [-1440, -120, -20, 20, 120, 1440]) * minute
  return { machine: { aheadMs, jumpsAfterMs: pick(random, [0, 0, 5_000, 30_000]) } }
}
