import t from 'tap'
import { createEventClock } from '../support/event-clock.ts'

t.test('when all wait, the clock jumps to the end of the next wait, one after the other', async (t) => {
  const clock = createEventClock(1_000)
  const woken: string[] = []
  const wait = async (name: string, ms: number) => {
    await clock.sleep(ms)
    woken.push(`${name} at ${clock.now()}`)
  }
  await Promise.all([
    wait('long', 90_000),
    wait('short', 10),
    wait('other', 10),
    wait('two', 5).then(() => wait('more', 5)),
  ])
  t.same(woken, ['two at 1005', 'short at 1010', 'other at 1010', 'more at 1010', 'long at 91000'])
  t.equal(clock.monotonic(), 90_000)
})

t.test('a cancelled wait does not move the time', async (t) => {
  const clock = createEventClock(0)
  const off = new AbortController()
  const waiting = clock.sleep(50, off.signal)
  off.abort(new Error('enough'))
  await t.rejects(waiting, { message: 'enough' })
  await t.rejects(clock.sleep(50, off.signal), { message: 'enough' })
  await clock.sleep(1)
  t.equal(clock.now(), 1)
})
