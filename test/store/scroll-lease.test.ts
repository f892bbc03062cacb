import t from 'tap'
import { createScrollLease } from '../../src/store/limits/scroll-lease.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { createDeferred } from '../support/deferred.ts'
import { startRedis } from '../support/redis.ts'

const { connect } = await startRedis(t)
const { signal } = new AbortController()

/** A worker's leases; `looked` is called whenever one has found the scroll taken. */
function openWorker(name: string, looked: () => void = () => undefined) {
  const clock = createAcceleratedClock(0, 50)
  const sleep: typeof clock.sleep = (ms, signal) => {
    looked()
    return clock.sleep(ms, signal)
  }
  let made = 0
  const createId = () => `${name}-${made++}`
  return (token: string) => createScrollLease({ redis: connect(), clock: { ...clock, sleep }, createId }, token)
}

t.test('of two jobs on one token the second scrolls when the first has ended, whichever worker has it', async (t) => {
  const order: string[] = []
  const isHeld = createDeferred()
  const mayEnd = createDeferred()
  let looks = 0
  const first = openWorker('one')('token').hold(signal, async () => {
    order.push('first begins')
    isHeld.resolve()
    await mayEnd.promise
    order.push('first ends')
  })
  await isHeld.promise
  // The third look: it has waited twice.
  const waiting = openWorker('two', () => {
    looks++
    if (looks === 3) mayEnd.resolve()
  })
  await waiting('token').hold(signal, async () => {
    order.push('second begins')
  })
  await first
  t.same(order, ['first begins', 'first ends', 'second begins'])
})

t.test('jobs on other tokens do not wait, and a job that fails lets go', async (t) => {
  const lease = openWorker('one')
  const inside = lease('token').hold(signal, () => lease('another').hold(signal, async () => 'both'))
  t.equal(await inside, 'both')
  await t.rejects(
    lease('token').hold(signal, async () => {
      throw new Error('broken')
    }),
    { message: 'broken' },
  )
  t.equal(await lease('token').hold(signal, async () => 'free'), 'free')
})
