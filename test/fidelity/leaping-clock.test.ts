import { readFile } from 'node:fs/promises'
import t from 'tap'
import { createLeapingClock } from '../support/leaping-clock.ts'

const start = Date.UTC(2026, 4, 5)

t.test('waits cost nothing, and no time passes while somebody is at work', async (t) => {
  const clock = createLeapingClock(start)
  await clock.sleep(60_000)
  t.equal(clock.now(), start + 60_000)
  clock.busy()
  const slept = clock.sleep(60_000)
  for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate)
  t.equal(clock.now(), start + 60_000, 'a request is under way')
  clock.idle()
  await slept
  t.equal(clock.now(), start + 120_000)
})

t.test('no time passes while a file is read, however long that takes', async (t) => {
  const clock = createLeapingClock(start)
  const slept = clock.sleep(60_000)
  for (let times = 0; times < 3; times++) {
    // A file that is large enough for many turns of the event loop.
    await readFile(process.execPath)
    t.equal(clock.now(), start)
  }
  await slept
  t.equal(clock.now(), start + 60_000)
})
