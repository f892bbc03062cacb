import { buildSimulator, type Simulator } from '../../simulator/app.ts'
import { createRandom, integerBetween, pick } from '../../simulator/random.ts'
import type { Scenario } from '../../simulator/scenario/scenario.ts'
import type { Clock } from '../../src/clock.ts'
import { dateHeader, machineClock, whichAreWrong } from '../histories/wrong-clocks.ts'
import type { ToldClocks } from './draw-clocks.ts'
import { createLeapingClock, type LeapingClock } from './leaping-clock.ts'

/** A simulator on a socket whose clock also moves with every answer. */
export interface World extends AsyncDisposable {
  simulator: Simulator
  clock: LeapingClock
  baseUrl: string
  /** Few in half of the worlds, so that even their searches are divided. */
  recordsPerSlice: number | undefined
  /**
   * Sets the time that jobs get from now on; the true one if it is left out. @returns the clock of the machine that
   * syncs
   */
  tell(clocks?: ToldClocks): Clock
}

/** The longest time that an answer takes, ms: one of these in each world. */
const slowestAnswers = [40, 400, 400, 3000] as const

export async function openWorld(scenario: Pick<Scenario, 'seed' | 'startsAt' | 'options'>): Promise<World> {
  const { seed, startsAt, options } = scenario
  const clock = createLeapingClock(startsAt)
  const simulator = buildSimulator({ rowsInside: true, ...options, clock })
  const random = createRandom(seed, 0xf1de)
  const slowestAnswer = pick(createRandom(seed, 0xf1de, 10), slowestAnswers)
  let wrongDate: () => string | undefined | null = () => null
  simulator.app.addHook('onRequest', async (_request, reply) => {
    clock.busy()
    const date = wrongDate()
    if (date !== null) {
      reply.removeHeader('Date')
      reply.raw.sendDate = false
      if (date !== undefined) reply.header('Date', date)
    }
    reply.raw.once('close', () => {
      clock.advance(integerBetween(random, 1, slowestAnswer))
      clock.idle()
    })
  })
  const baseUrl = await simulator.app.listen({ port: 0, host: '127.0.0.1' })
  function tell({ dates, machine }: ToldClocks = {}): Clock {
    const isWrong = dates && whichAreWrong(dates)
    wrongDate = () => (dates && isWrong?.() ? dateHeader(dates.date, clock.now()) : null)
    return machine ? machineClock(clock, machine) : clock
  }
  const drawn = createRandom(seed, 0xf1de, 6)
  const recordsPerSlice = drawn() < 0.5 ? integerBetween(drawn, 5, 100) : undefined
  return { simulator, clock, baseUrl, recordsPerSlice, tell, [Symbol.asyncDispose]: async () => simulator.app.close() }
}
