import t from 'tap'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { onlyProgress, openConnector } from '../support/connector.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'

t.test('a reader that stalls holds up the bridge, not the job, and gets everything when it goes on', async (t) => {
  const service = await startBridgedService(t, { contacts: 15_000, oddities: false }, { READER_STALL_SECONDS: '2' })
  const bench = openConnector(t)
  const proxy = await startCuttingProxy(t, service.port, () => undefined)
  const access = { service_url: `http://127.0.0.1:${proxy.port}`, service_api_key: service.key }
  const config = bench.write('config.json', { access_token: 'simulator-token', ...access })
  const catalog = bench.write('catalog.json', configuredCatalog(['contacts']))
  const running = bench.start(['read', '--config', config, '--catalog', catalog], { stalled: true })

  const job = await service.untilStarted()
  const { bytesSynced } = await service.untilStatus(job.jobId, 'succeeded')
  // The log read once more beside the bridge: time enough for a bridge that nothing holds back to have it all.
  const log = await service.messages(job.jobId)
  t.ok(bytesSynced > 20_000_000, `${bytesSynced} bytes`)
  t.ok(proxy.passed() < bytesSynced / 2, `${proxy.passed()} bytes have reached it`)

  // The service takes the bridge for a reader that has stalled, and cuts it off.
  await service.processes().api.untilLine(/message stream cut/)
  t.match(service.processes().api.stderr(), /the reader has taken nothing for 2 s/)
  running.child.stdout?.resume()
  const { end, stdout, stderr } = await running.finished
  t.match({ end, stderr }, { end: 0, stderr: onlyProgress })
  t.ok(stdout.equals(log), 'byte for byte')
})
