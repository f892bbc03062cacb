import t from 'tap'
import { createRandom, integerBetween, pick } from '../../simulator/random.ts'
import { countRequests, drawStart, windowMs } from './budget-world.ts'

const seeds = Number(process.env.SEEDS ?? 12)
const firstSeed = Number(process.env.FIRST_SEED ?? 1)

const troubles = ['latency doubles', '5xx', '429'] as const

t.test(
  'after trouble at Intercom the limit is used again within two windows, and hardly a request refused',
  async (t) => {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const random = createRandom(seed)
      const perWindow = integerBetween(random, 100, 400)
      const latencyMs = integerBetween(random, 20, 500)
      const workers = integerBetween(random, 1, 5)
      const trouble = pick(random, troubles)
      const start = drawStart(random)
      const from = start + integerBetween(random, 3 * windowMs, 4 * windowMs)
      const burstMs = integerBetween(random, 100, 3000)
      const isBurst = (now: number) => now >= from && now < from + burstMs
      const windows = await countRequests(seed, {
        perWindow,
        workers,
        windows: 9,
        start,
        latencyAt: (now) => (trouble === 'latency doubles' && now >= from ? 2 * latencyMs : latencyMs),
        faultAt(now) {
          if (trouble === 'latency doubles' || !isBurst(now)) return undefined
          return trouble === '5xx' ? 'failed' : 'rate_limited'
        },
      })
      const told = `seed ${seed}: ${trouble}, ${workers} workers, ${latencyMs} ms, ${windows.map(({ requests, refused }) => (refused ? `${requests}-${refused}` : requests)).join()} of ${perWindow}`
      const ends =
        Math.floor((from + (trouble === 'latency doubles' ? 0 : burstMs)) / windowMs) - Math.floor(start / windowMs)
      // Two windows after the one in which it ended.
      for (const { requests } of windows.slice(ends + 2, 9)) t.ok(requests >= 0.9 * perWindow, told)
      const all = windows.reduce((sum, { requests }) => sum + requests, 0)
      const refused = windows.reduce((sum, window) => sum + window.refused, 0)
      t.ok(refused <= Math.max(1, 0.005 * all), told)
    }
  },
)
