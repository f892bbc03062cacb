import { randomUUID } from 'node:crypto'
import t from 'tap'
import { CodedError, toJobFailure } from '../../src/errors.ts'
import { jobOfConnection } from '../../src/store/jobs/connection-job.ts'
import { createDeliveryStore } from '../../src/store/webhooks/delivery-store.ts'
import type { StreamProgress } from '../../src/sync/contract/commit.ts'
import { testEvent } from '../../src/webhooks/events.ts'
import { startRedis } from '../support/redis.ts'
import { beginAttempt, commitOf, commitTo, openStore, tenant } from '../support/store.ts'
import { createTeller, startReceiver } from '../support/webhooks.ts'

const publicUrl = 'https://sync.example.com/below'
const server = await startRedis(t)
const store = openStore(server)
const deliveries = createDeliveryStore({ ...store, publicUrl, createId: randomUUID, wake: async () => undefined })
const teller = createTeller(store, { publicUrl })
const receiver = await startReceiver(t)
const slack = await startReceiver(t)
const events = ['job.succeeded', 'job.failed', testEvent]
const settings = {
  config: { access_token: 'token' },
  catalog: {
    streams: ['contacts', 'companies', 'tags'].map((name) => ({
      stream: { name, json_schema: {} },
      sync_mode: 'full_refresh' as const,
    })),
  },
}
const webhooks = [
  { url: receiver.url, format: 'standard' as const, events },
  { url: slack.url, format: 'slack' as const, events },
]
await store.connections.add(tenant, 'told', { settings, webhooks })

/** The whole job of a connection whose streams have come so far. */
async function runJob(streams: StreamProgress[], failure?: string): Promise<number> {
  const start = await store.connections.readStart(tenant, 'told')
  const { jobId } = await store.jobs.create({ tenant, ...jobOfConnection(start, { connectionId: 'told' }) })
  const attempt = await beginAttempt(store, { jobId, fence: 1, attemptId: 'a' })
  await commitTo(store, attempt, '1', commitOf(1, streams.length, streams))
  const failed = failure !== undefined && toJobFailure(new CodedError('intercom_unavailable', failure))
  await store.attempts.end(jobId, 1, failed ? { status: 'failed', failure: failed } : { status: 'succeeded' })
  return jobId
}

const rows = (streamName: string, completeness?: StreamProgress['completeness']): StreamProgress => ({
  streamName,
  status: 'COMPLETE',
  rowsSynced: 1,
  ...(completeness && { completeness }),
})

async function told() {
  receiver.received.length = 0
  slack.received.length = 0
  await teller.tell()
  t.same(teller.errors, [])
  t.same([receiver.received.length, slack.received.length], [1, 1])
  return {
    data: JSON.parse(receiver.received[0]?.body ?? '').data,
    text: JSON.parse(slack.received[0]?.body ?? '').text as string,
  }
}

t.test('a message tells what Intercom counted and what came, of the streams that it counts', async (t) => {
  const jobId = await runJob([
    rows('contacts', { counted: 40, received: 38 }),
    rows('companies', { counted: 7, received: 7 }),
    rows('tags', { tombstones: 2 }),
  ])
  const { data, text } = await told()
  const completeness = { complete: true, incompleteStreams: [], skippedStreams: [], counted: 47, received: 45 }
  t.same(data.completeness, completeness)
  t.equal(data.link, `${publicUrl}/v1/jobs/${jobId}`)
  t.equal(text, `told: job ${jobId} succeeded, 3 rows. ${publicUrl}/v1/jobs/${jobId}`)
  await runJob([rows('contacts'), rows('companies'), rows('tags')])
  t.same((await told()).data.completeness, { complete: true, incompleteStreams: [], skippedStreams: [] })
})

t.test('what Slack reads as its own is escaped, and no link but ours is in the message', async (t) => {
  const failure = 'Intercom says <!channel> & <https://evil.example|sign in> again'
  const jobId = await runJob([rows('contacts')], failure)
  const { data, text } = await told()
  t.match(data, { failure: { code: 'intercom_unavailable', message: failure }, completeness: { complete: false } })
  const shown = 'Intercom says &lt;!channel&gt; &amp; &lt;https://evil.example|sign in&gt; again'
  t.equal(text, `told: job ${jobId} failed: ${shown} (1 row) ${publicUrl}/v1/jobs/${jobId}`)
})

t.test('a test has a link to the connection, below PUBLIC_URL, too', async (t) => {
  await deliveries.test(tenant, 'told')
  const { data, text } = await told()
  t.equal(data.link, `${publicUrl}/v1/connections/told`)
  t.equal(text, `told: this is a test. ${publicUrl}/v1/connections/told`)
})
