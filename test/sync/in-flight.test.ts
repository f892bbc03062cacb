import t, { type Test } from 'tap'
import type { SimulatorOptions } from '../../simulator/options.ts'
import { parseSyncRequest } from '../../src/sync/contract/sync-request.ts'
import { engineOn } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

/** What is read, and of what. */
interface Reading {
  workspace: SimulatorOptions
  streams: string[]
}

/** At this latency some 17 requests in flight use up 1,666 per window at an even pace. */
const latencyMs = 100

const parts = { workspace: { conversations: 200 }, streams: ['conversations', 'conversation_parts'] }

/** @returns the most requests that the simulator held at a time */
async function mostInFlight(t: Test, config: object, { workspace, streams }: Reading = parts): Promise<number> {
  const simulator = await listenSimulator(t, { latencyMs, ...workspace })
  let inFlight = 0
  let most = 0
  simulator.app.server.on('request', (_request, response) => {
    most = Math.max(most, ++inFlight)
    response.once('close', () => inFlight--)
  })
  const startSync = engineOn(simulator.url)
  const request = parseSyncRequest({
    config: { access_token: 'simulator-token', ...config },
    streams,
  })
  const { signal } = new AbortController()
  for await (const { recordCount } of startSync(request, { signal })) t.ok(recordCount >= 0)
  return most
}

for (const config of [{}, { num_workers: 10 }])
  t.test(`${JSON.stringify(config)}: as many requests are in flight as limit and latency need`, async (t) => {
    const most = await mostInFlight(t, config)
    t.ok(most >= 17, `${most} in flight`)
  })

t.test('num_workers bounds the requests in flight where it is set', async (t) => {
  t.equal(await mostInFlight(t, { num_workers: 12 }), 12)
})

t.test('a search is read in as many lanes as that takes, however its slices are found', async (t) => {
  // Some twenty slices; a first look finds eight parts, and these are divided again.
  const workspace = { contacts: 6000, largestPage: 15, longLists: 0, latencyMs: 300 }
  const most = await mostInFlight(t, {}, { workspace, streams: ['contacts'] })
  t.ok(most >= 16, `${most} in flight`)
})

t.test('children are asked for across the pages of a list', async (t) => {
  const workspace = { companies: 300, scrollPageSize: 15 }
  const most = await mostInFlight(t, {}, { workspace, streams: ['companies', 'company_segments'] })
  t.ok(most >= 20, `${most} in flight`)
})
