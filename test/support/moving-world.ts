import { buildSimulator, type Simulator } from '../../simulator/app.ts'
import { createRandom, integerBetween, pick } from '../../simulator/random.ts'
import type { Scenario } from '../../simulator/scenario/scenario.ts'
import { answerDirectly } from '../../simulator/serving/direct.ts'
import type { Clock } from '../../src/clock.ts'
import type { AdapterAnswer } from '../../src/intercom/http-adapter.ts'
import type { AxiosAdapter } from '../../src/intercom/transport.ts'
import type { ToldClocks } from '../fidelity/draw-clocks.ts'
import { inProcessAdapterTo } from './in-process-intercom.ts'
import { createLeapingClock, type LeapingClock } from './leaping-clock.ts'
import { dateHeader, machineClock, whichAreWrong } from './wrong-clocks.ts'

/** A simulator whose clock also moves with every answer. */
export interface World extends AsyncDisposable {
  simulator: Simulator
  clock: LeapingClock
  baseUrl: string
  /** Carries requests without a socket; absent when they go over sockets. */
  adapter: AxiosAdapter | undefined
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

/** @param usesSockets whether requests go over sockets; without them an answer costs half the CPU */
export async function openWorld(
  scenario: Pick<Scenario, 'seed' | 'startsAt' | 'options'>,
  usesSockets = true,
): Promise<World> {
  const { seed, startsAt, options } = scenario
  const clock = createLeapingClock(startsAt)
  const simulator = buildSimulator({ rowsInside: true, ...options, clock })
  const random = createRandom(seed, 0xf1de)
  const slowestAnswer = pick(createRandom(seed, 0xf1de, 10), slowestAnswers)
  let wrongDate: () => string | undefined | null = () => null
  function begin(): string | undefined | null {
    clock.busy()
    return wrongDate()
  }
  function end(): void {
    clock.advance(integerBetween(random, 1, slowestAnswer))
    clock.idle()
  }
  simulator.app.addHook('onRequest', async (_request, reply) => {
    const date = begin()
    if (date !== null) {
      reply.removeHeader('Date')
      reply.raw.sendDate = false
      if (date !== undefined) reply.header('Date', date)
    }
    reply.raw.once('close', end)
  })
  const baseUrl = await simulator.app.listen({ port: 0, host: '127.0.0.1' })
  const direct = inProcessAdapterTo((request) => answerDirectly(simulator, request))
  const adapter: AxiosAdapter = async (config) => {
    const date = begin()
    // What changes with the first request of a sync has changed after the sync began.
    clock.advance(1)
    try {
      const answer = await direct(config)
      if (date === null) return answer
      const { body, headers } = answer.data as AdapterAnswer
      const { date: _, ...others } = headers
      return { ...answer, data: { body, headers: date === undefined ? others : { ...others, date } } }
    } finally {
      end()
    }
  }
  function tell({ dates, machine }: ToldClocks = {}): Clock {
    const isWrong = dates && whichAreWrong(dates)
    wrongDate = () => (dates && isWrong?.() ? dateHeader(dates.date, clock.now()) : null)
    return machine ? machineClock(clock, machine) : clock
  }
  const drawn = createRandom(seed, 0xf1de, 6)
  const recordsPerSlice = drawn() < 0.5 ? integerBetween(drawn, 5, 100) : undefined
  const close = async () => simulator.app.close()
  const reached = { baseUrl, adapter: usesSockets ? undefined : adapter }
  return { simulator, clock, ...reached, recordsPerSlice, tell, [Symbol.asyncDispose]: close }
}
