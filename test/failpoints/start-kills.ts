import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sides, startPoints } from '../support/failpoint-list.ts'
import { type ArmedFailpoint, armedWith, toldFailpoint } from '../support/failpoints.ts'
import { runCompiled, type Teardown } from '../support/processes.ts'
import { provideRedis } from '../support/provided-redis.ts'

/**
 * Kills a service at each failpoint of its start, always on the same Redis and the same folder, and then lets one start.
 *
 * @returns what was wrong
 */
export async function killStarts(t: Teardown): Promise<string[]> {
  const redis = await provideRedis(t)
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-starts-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const start = (...failpoints: ArmedFailpoint[]) =>
    runCompiled(t, 'test/support/serve-process.js', [], {
      PORT: '0',
      DATA_DIR: dataDir,
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      API_KEYS: `default:${'k'.repeat(32)}`,
      ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
      ...armedWith(...failpoints),
    })
  const faults: string[] = []
  for (const name of startPoints)
    for (const when of sides) {
      const failpoint: ArmedFailpoint = { does: 'kill', when, name, hit: 1 }
      const service = start(failpoint)
      const ended = await Promise.race([service.exited, service.untilLine(/^intercom-sync listens on/)])
      if (ended !== 'SIGKILL') faults.push(`${toldFailpoint(failpoint)}: ${ended}`)
      await service.end('SIGKILL')
    }
  const service = start()
  const url = (await service.untilLine(/^intercom-sync listens on/)).split(' ').at(-1)
  const ready = await fetch(`${url}/health/ready`)
  if (!ready.ok) faults.push(`the service that started at last is not ready: ${await ready.text()}`)
  if ((await service.end('SIGTERM')) !== 0) faults.push(`it did not end in order: ${service.stderr()}`)
  return faults
}
