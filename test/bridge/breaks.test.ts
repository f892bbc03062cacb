import t, { type Test } from 'tap'
import { createRandom, integerBetween } from '../../simulator/random.ts'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { onlyProgress, openConnector } from '../support/connector.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { judge } from '../support/engine.ts'

// Twenty starts of an API take their time where other tests run beside.
t.setTimeout(300_000)

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
  t.match({ end, stderr }, { end: 0, stderr: onlyProgress })
  t.equal(proxy.cuts(), 100)
  await isWhole(t, stdout)
})

t.test('an API that is replaced twenty times while a job runs leaves none either', async (t) => {
  // A request is kept back until the API has been replaced once more, so the job cannot end before.
  const restarts = Array.from({ length: 20 }, (_, place) => `restart ${place}`)
  const search = { path: '/contacts/search' }
  service.intercom.faults.next(restarts.map((holdUntil) => ({ match: search, holdUntil })))
  const proxy = await startCuttingProxy(t, service.port, () => undefined)
  const config = configFor('replaced.json', proxy.port, { num_workers: 1 })
  const running = bench.start(['read', '--config', config, '--catalog', catalog])
  await running.untilPrinted(/"STARTED"/)
  for (const [place, restart] of restarts.entries()) {
    await service.restartApi(place % 2 === 0 ? 'SIGKILL' : 'SIGTERM')
    // The bridge has found the new one before that is replaced in turn.
    const found = proxy.untilPassed()
    service.intercom.faults.open(restart)
    await found
  }
  const { end, stdout, stderr } = await running.finished
  t.match({ end, stderr }, { end: 0, stderr: onlyProgress })
  t.equal(service.intercom.faults.remaining, 0, 'every restart came before the end')
  await isWhole(t, stdout)
})
