import fc from 'fast-check'
import t from 'tap'
import type { SlotState } from '../../src/queue/turns/rests.ts'
import { keepSlots } from '../../src/queue/turns/slot-keeper.ts'
import { createSlots } from '../../src/queue/turns/slots.ts'
import { createTurns } from '../../src/queue/turns/turns.ts'
import { unwatched } from '../../src/queue/watch/attempt-watch.ts'
import type { Wait } from '../../src/sync/contract/watch.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startRedis } from '../support/redis.ts'
import { openStore, tenant } from '../support/store.ts'

const server = await startRedis(t)

/** What an attempt does while it has its slot. */
const drawn = fc.record({
  idleRests: fc.integer({ min: 0, max: 5 }),
  hasAnswer: fc.boolean(),
  commits: fc.array(fc.boolean(), { maxLength: 3 }),
  held: fc.option(fc.record({ isIdle: fc.boolean(), canGoOnElsewhere: fc.boolean() }), { nil: undefined }),
  wait: fc.option(
    fc.record(
      {
        waitingFor: fc.constantFrom('rate_limit' as const, 'scroll' as const, 'log_space' as const),
        until: fc.integer({ min: 0, max: 60_000 }),
      },
      { requiredKeys: ['waitingFor'] },
    ),
    { nil: undefined },
  ),
  ranMs: fc.integer({ min: 0, max: 20_000 }),
})

t.test('an attempt may give its slot back only where nothing is lost, and little is read again', async (t) => {
  fc.assert(
    fc.property(drawn, ({ idleRests, hasAnswer, commits, held, wait, ranMs }) => {
      const clock = createManualClock()
      const slots = createSlots(clock)
      const begin = clock.now()
      const waiting: Wait | undefined = wait && {
        ...wait,
        ...(wait.until !== undefined && { until: begin + wait.until }),
      }
      const watch = slots.watched(unwatched, { jobId: 7, idleRests })
      watch.sync?.begun(
        () => waiting,
        () => undefined,
      )
      if (held) watch.sync?.holding(() => held)
      if (hasAnswer) watch.sync?.answered(200, 100, { method: 'GET', path: '/tags' })
      for (const isProgress of commits) watch.committed({ streams: [], isProgress })
      clock.advance(ranMs)
      const [state, ...others] = slots.running()
      watch.stop()
      if (!state || others.length > 0 || slots.running().length > 0) throw new Error('one slot, until it stops')

      const hasProgress = commits.includes(true)
      const mayRest = held?.isIdle === true && held.canGoOnElsewhere && (hasProgress || !hasAnswer || idleRests < 3)
      const mayGiveWay = held?.canGoOnElsewhere === true && hasProgress
      const limitedMs = wait?.waitingFor === 'rate_limit' && wait.until !== undefined ? wait.until - ranMs : undefined
      t.same(state, { jobId: 7, limitedMs, mayRest, mayGiveWay, ranMs })
    }),
    { numRuns: 300 },
  )
})

t.test('attempts give slots back while all are taken and a job waits, and only then', async (t) => {
  const { redis } = openStore(server)
  const queueKey = `${redis.keyspace.queuePrefix}:sync`
  const turns = createTurns(redis, queueKey, 'job-')
  await turns.join(1, { tenant, token: 'busy' })
  await turns.join(2, { tenant: 'other', token: 'free' })
  const limited: Omit<SlotState, 'flow'> = {
    jobId: 1,
    limitedMs: 60_000,
    mayRest: true,
    mayGiveWay: false,
    ranMs: 0,
  }

  async function restsAfterOneLook(concurrency: number, running = [limited], firstLookFails = false) {
    const clock = createManualClock()
    const rests: [number, number][] = []
    const errors: unknown[] = []
    let fails = firstLookFails
    let admitted = 0
    const stop = new AbortController()
    const queue = {
      look: (own: typeof running) => {
        if (!fails) return turns.look(own)
        fails = false
        return Promise.reject(new Error('Redis is away'))
      },
      admit: async () => void admitted++,
    }
    const slots = { running: () => running }
    const worker = { rest: (jobId: number, restMs: number) => void rests.push([jobId, restMs]) }
    const dependencies = { queue, worker, concurrency, clock, onError: (error: unknown) => void errors.push(error) }
    const kept = keepSlots({ ...dependencies, slots: { ...createSlots(clock), ...slots } }, stop.signal)
    for (let looks = firstLookFails ? 2 : 1; looks > 0; looks--) {
      await clock.untilAsleep(500)
      clock.advance(500)
    }
    await clock.untilAsleep(500)
    stop.abort()
    await kept
    return { rests, errors: errors.length, admitted }
  }

  t.same(await restsAfterOneLook(1), { rests: [], errors: 0, admitted: 1 }, 'nobody waits in the queue')
  await redis.zadd(`${queueKey}:prioritized`, 2 ** 32, 'job-2')
  t.same(await restsAfterOneLook(1), { rests: [[1, 60_000]], errors: 0, admitted: 1 })
  t.same(await restsAfterOneLook(2), { rests: [], errors: 0, admitted: 1 }, 'a slot is free')
  const unknown = [{ ...limited, jobId: 99 }]
  t.same(
    await restsAfterOneLook(1, unknown),
    { rests: [[99, 60_000]], errors: 0, admitted: 1 },
    'of an earlier version',
  )
  t.same(
    await restsAfterOneLook(1, [limited], true),
    { rests: [[1, 60_000]], errors: 1, admitted: 1 },
    'a look that fails is repeated',
  )
})
