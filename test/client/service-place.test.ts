import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { findService } from '../../src/client/service/service-place.ts'
import { readClientSettings } from '../../src/client/service/settings.ts'
import { openConnector } from '../support/connector.ts'
import { runCompiled } from '../support/processes.ts'
import { onRealRedis } from '../support/redis.ts'

const bench = openConnector(t)
const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-data-'))
t.teardown(() => rm(dataDir, { recursive: true, force: true }))

const addressFor = async (environment: Record<string, string>, url?: string) =>
  (await findService({ ...(url && { url }) }, readClientSettings({ DATA_DIR: dataDir, ...environment }))).address

t.test('without a word about it, the service is the one of DATA_DIR, as long as it runs', onRealRedis, async (t) => {
  const usual = 'http://127.0.0.1:8080'
  t.equal(await addressFor({}), usual)
  const service = runCompiled(t, 'test/support/serve-process.js', [], { DATA_DIR: dataDir, PORT: '0' })
  const address = (await service.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
  t.equal(await addressFor({}), address)
  t.equal(await addressFor({ INTERCOM_SYNC_URL: 'https://service.example' }), 'https://service.example')
  t.equal(
    await addressFor({ INTERCOM_SYNC_URL: 'https://service.example' }, 'https://other.example/'),
    'https://other.example',
  )
  const listed = await bench.run(['jobs', 'list', '--json'], { environment: { DATA_DIR: dataDir } })
  t.match({ ...listed, stdout: listed.stdout.toString() }, { end: 0, stdout: '[]\n', stderr: '' })

  await service.end('SIGKILL')
  t.equal(await addressFor({}), usual, 'what a killed service left behind leads nowhere')
})
