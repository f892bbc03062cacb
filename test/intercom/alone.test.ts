import t from 'tap'
import { createRandom, integerBetween } from '../../simulator/random.ts'
import { countRequests, drawStart } from './budget-world.ts'

const seeds = Number(process.env.SEEDS ?? 12)
const firstSeed = Number(process.env.FIRST_SEED ?? 1)

t.test(
  'a token that nobody else uses is used up, however its workers begin: no other application is seen',
  async (t) => {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const random = createRandom(seed)
      const perWindow = integerBetween(random, 100, 400)
      const latencyMs = integerBetween(random, 20, 500)
      const workers = integerBetween(random, 1, 5)
      const windows = await countRequests(seed, {
        perWindow,
        workers,
        windows: 6,
        start: drawStart(random),
        latencyAt: () => latencyMs,
        // What a process does first takes long: it loads, looks up names, opens connections.
        beginsMs: (random) => ({ lateMs: integerBetween(random, 0, 3000), stallMs: integerBetween(random, 0, 2500) }),
      })
      const counts = windows.map(({ requests }) => requests)
      // The first two windows show the limit and how long answers take; those after the fifth are not whole.
      for (const count of counts.slice(2, 5))
        t.ok(
          count >= 0.97 * perWindow,
          `seed ${seed}: ${workers} workers, ${latencyMs} ms: ${counts.join()} of ${perWindow}`,
        )
    }
  },
)
