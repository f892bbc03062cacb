import t from 'tap'
import { systemClock } from '../src/clock.ts'

t.test('a wait longer than any timer does not end at once, and can be called back', async (t) => {
  for (const ms of [2 ** 31, Date.UTC(2100, 0), Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
    const stop = new AbortController()
    const long = systemClock.sleep(ms, stop.signal)
    // The short one is set last: whatever fires at once fires before it.
    const first = await Promise.race([long.then(() => 'long'), systemClock.sleep(20).then(() => 'short')])
    t.equal(first, 'short', `${ms} ms`)
    stop.abort(new Error('called back'))
    await t.rejects(long, { message: 'called back' })
  }
})
