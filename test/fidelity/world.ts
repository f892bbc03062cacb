import { buildSimulator, type Simulator } from '../../simulator/app.ts'
import { createRandom, integerBetween } from '../../simulator/random.ts'
import type { Scenario } from '../../simulator/scenario/scenario.ts'
import { createLeapingClock, type LeapingClock } from './leaping-clock.ts'

/** A simulator on a socket whose clock also moves with every answer. */
export interface World extends AsyncDisposable {
  simulator: Simulator
  clock: LeapingClock
  baseUrl: string
}

/** Longest that an answer takes, ms. */
const slowestAnswer = 400

export async function openWorld(scenario: Pick<Scenario, 'seed' | 'startsAt' | 'options'>): Promise<World> {
  const { seed, startsAt, options } = scenario
  const clock = createLeapingClock(startsAt)
  const simulator = buildSimulator({ ...options, clock })
  const random = createRandom(seed, 0xf1de)
  simulator.app.addHook('onRequest', async (_request, reply) => {
    clock.busy()
    reply.raw.once('close', () => {
      clock.advance(integerBetween(random, 1, slowestAnswer))
      clock.idle()
    })
  })
  const baseUrl = await simulator.app.listen({ port: 0, host: '127.0.0.1' })
  return { simulator, clock, baseUrl, [Symbol.asyncDispose]: async () => simulator.app.close() }
}
