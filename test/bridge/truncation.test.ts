import t from 'tap'
import { readOverHttp } from '../../src/connector/bridge/read.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'

t.test('messages that always break off at the same place never end in success', async (t) => {
  const service = await startBridgedService(t, { contacts: 300 })
  const proxy = await startCuttingProxy(t, service.port, () => 1500)
  const access = { service_url: `http://127.0.0.1:${proxy.port}`, service_api_key: service.key }
  const inputs = {
    config: { access_token: 'simulator-token', ...access },
    catalog: configuredCatalog(['contacts']),
  }
  const clock = createAcceleratedClock(Date.now(), 20)
  const { signal } = new AbortController()
  const output = { write: async () => undefined }
  const reading = readOverHttp({ inputs, output, note: () => undefined, clock, random: () => 0.5, signal })
  await t.rejects(reading, { code: 'service_unavailable' })
  t.ok(proxy.cuts() > 10)
})
