import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { limitReads } from '../../src/http/messages/limited-reads.ts'
import type { LogPage } from '../../src/store/log/message-log.ts'

/** Reads of so many readers at once. @returns how many reads were under way together, and the turns of the event loop */
async function readAtOnce(readers: number): Promise<{ together: number; turns: number }> {
  let running = 0
  let together = 0
  let turns = 0
  let isOver = false
  const counting = (async () => {
    for (; !isOver; turns++) await setImmediate()
  })()
  const messages = limitReads({
    async read() {
      running++
      together = Math.max(together, running)
      await setImmediate()
      running--
      return {} as LogPage
    },
    measure: async () => 0,
    mayHaveGoneBack: async () => false,
    subscribe: () => () => undefined,
  })
  await Promise.all(Array.from({ length: readers }, () => messages.read(1, 0, 1)))
  isOver = true
  await counting
  return { together, turns }
}

t.test(
  'a crowd of readers leaves turns of the event loop to whoever connects, a few readers wait for nothing',
  async (t) => {
    const crowd = await readAtOnce(400)
    t.ok(crowd.together <= 4)
    // The event loop accepts one connection in each of its turns.
    t.ok(crowd.turns > 4 * 400, `${crowd.turns} turns`)
    const few = await readAtOnce(4)
    t.equal(few.together, 4)
    t.ok(few.turns < 10, `${few.turns} turns`)
  },
)
