import t from 'tap'
import { runSeed } from './run-seed.ts'

// A busy machine needs more than the usual time limit of a file.
t.setTimeout(600_000)

/** The first of them over sockets, as `npm run fidelity` does it with all. */
const overSockets = 4
const seeds = Array.from({ length: 24 }, (_, place) => place + 1)

for (const seed of seeds) {
  t.test(`five syncs of workspace ${seed} bring everything, once`, async (t) => {
    const { faults, records } = await runSeed(seed, { usesSockets: seed <= overSockets })
    t.ok(records > 0)
    t.same(faults, [], `replay: npm run fidelity -- --seed ${seed}`)
  })
}
