import { parseArgs } from 'node:util'
import { createRandom } from '../../simulator/random.ts'
import { killWorkers, workerDeaths } from './worker-kills.ts'
import { openWorkerStage } from './worker-stage.ts'
import { drawSleeps, wakeZombies } from './zombies.ts'

const { values } = parseArgs({
  options: { times: { type: 'string', default: '3' }, zombies: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
})
const seed = Number(values.seed)
const closers: (() => unknown)[] = []
const t = { teardown: (close: () => unknown) => closers.unshift(close) }
const tell = (news: string) => process.stdout.write(`${Math.round(performance.now())} ${news}\n`)
const stage = await openWorkerStage(t, { contacts: 1500, streams: ['contacts', 'companies', 'tags'], seed })
await killWorkers(stage, workerDeaths(Number(values.times), createRandom(seed)), tell)
const other = await openWorkerStage(t, { contacts: 1500, streams: ['contacts'], seed })
await wakeZombies(other, drawSleeps(Number(values.zombies), createRandom(seed)), tell)
tell(JSON.stringify([stage.result, other.result]))
for (const close of closers) await close()
