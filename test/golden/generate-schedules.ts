/**
 * Writes `schedules-1.json`: what this version leaves in Redis of connections that run by themselves. To be run when that
 * has got another version, into another file; the files of the versions before stay.
 *
 * Argument: the commit that is built.
 */
import { writeFileSync } from 'node:fs'
import type { ConnectionBody } from '../../src/http/bodies/connection-schemas.ts'
import { untilHolds } from '../support/polling.ts'
import { provideRedis } from '../support/provided-redis.ts'
import { answerWith, startReceiver } from '../support/webhooks.ts'
import { readImage } from './redis-image.ts'
import { type SchedulesFile, schedulesPath, serveSchedules } from './schedules-file.ts'

const [madeBy = ''] = process.argv.slice(2)
const closers: (() => unknown)[] = []
const t = { teardown: (close: () => unknown) => void closers.push(close) }
const redis = await provideRedis(t)
const service = await serveSchedules(t, redis)
const receiver = await startReceiver(t)

const weekly = { type: 'cron', cron: '0 5 * * 0', timeZone: 'Europe/Berlin' }
const bodies = {
  nightly: {
    schedule: { type: 'cron', cron: '0 3 * * *', timeZone: 'Europe/Berlin' },
    ack: 'on_success',
    fullRefresh: { schedule: weekly, streams: ['contacts'] },
    webhooks: [{ url: receiver.url }],
  },
  hourly: { schedule: { type: 'interval', every: 'PT1H' } },
  paused: { schedule: { type: 'interval', every: 'PT1H' }, ack: 'on_success', paused: true },
  failing: {
    config: { access_token: 'token-without-tags' },
    streams: ['tags'],
    schedule: { type: 'interval', every: 'PT1H' },
    ack: 'on_success',
  },
}
const connectionIds = Object.keys(bodies)
/** All tries fail, so that the delivery is pending. */
receiver.answers.push(...Array.from({ length: 20 }, () => answerWith(503)))
for (const [connectionId, body] of Object.entries(bodies)) {
  await service.call(`/v1/connections/${connectionId}?validate=false`, {
    method: 'PUT',
    body: { config: { access_token: 'simulator-token' }, streams: ['contacts', 'tags'], ...body },
  })
  const { jobId } = await service.call<{ jobId: number }>('/v1/jobs', { body: { connectionId } })
  await untilHolds(async () => {
    const { status } = await service.call<{ status: string }>(`/v1/jobs/${jobId}`)
    return status === 'succeeded' || status === 'failed'
  })
}
await untilHolds(() => receiver.received.length > 0)
const connections = await Promise.all(
  connectionIds.map(async (connectionId) => {
    const { catalog: _, ...shown } = await service.call<ConnectionBody>(`/v1/connections/${connectionId}`)
    return shown
  }),
)
const deliveries = await service.call('/v1/connections/nightly/deliveries')
await service.process.end('SIGTERM')
const file: SchedulesFile = {
  madeBy,
  writtenAt: Date.now(),
  connections,
  deliveries,
  redis: await readImage(redis.connect()),
}
writeFileSync(schedulesPath, `${JSON.stringify(file, null, 1)}\n`)
for (const close of closers.reverse()) await close()
process.exit(0)
