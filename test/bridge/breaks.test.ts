import t, { type Test } from 'tap'
import { createRandom, integerBetween } from '../../simulator/random.ts'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { openConnector } from '../support/connector.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { judge } from '../support/engine.ts'

const service = await startBridgedService(t, { contacts: 3000, oddities: false })
const bench = openConnector(t)
const catalog = bench.write('catalog.json', configuredCatalog(['contacts', 'tags']))

function configFor(name: string, port: number, more: object = {}): string {
  const access = { service_url: `http://127.0.0.1:${port}`, service_api_key: service.key }
  return bench.write(name, { access_token: 'simulator-token', ...access, ...more })
}

/** What a bridge has printed is all there is, in the very bytes that a reader without any break would have had. */
async function isWhole(t: Test, stdout: Buffer): Promise<void> {
  const [job] = await service.jobs()
  t.match(job, { status: 'succeeded' })
  t.ok(stdout.equals(await service.messages(job?.jobId ?? 0)), 'byte for byte')
  t.same((await judge(service.intercom, stdout, { expectStreams: ['contacts', 'tags'] })).faults, [])
}

t.test('a hundred cuts anywhere leave no trace in what is printed', async (t) => {
  const random = createRandom(6)
  const proxy = await startCuttingProxy(t, service.port, () =>
    proxy.cuts() < 100 ? integerBetween(random, 1, 60_000) : undefined,
  )
  const { end, stdout, stderr } = await bench.run([
    'read',
    '--config',
    configFor('cut.json', proxy.port),
    '--catalog',
    catalog,
  ])
  t.match({ end, stderr }, { end: 0, stderr: '' })
  t.equal(proxy.cuts(), 100)
  await isWhole(t, stdout)
})
