import { storeAnswer } from '../availability.ts'
import { readFields } from '../hash-fields.ts'
import { isFinal } from '../job.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { aboutText } from './events.ts'
import { tellEndScript } from './missed-ends.lua.ts'
import type { Owner } from './webhook-seal.ts'

/** The latest jobs of a connection that are looked at. */
const latestJobs = 5
const connectionsAtATime = 100

/**
 * Leaves events of jobs that a worker of an earlier version has ended, which knows no webhooks: of the latest jobs of each
 * connection, those that ended after it got webhooks.
 */
export async function tellMissedEnds(redis: StoreClient, signal: AbortSignal): Promise<void> {
  const names = await storeAnswer(redis.zrange(redis.keyspace.tellingConnections, '0', '-1'))
  for (let from = 0; from < names.length; from += connectionsAtATime) {
    if (signal.aborted) return
    const some = names.slice(from, from + connectionsAtATime)
    await Promise.all(
      some.map((name) => {
        const [tenant = '', connectionId = ''] = name.split(':')
        return lookOver(redis, { tenant, connectionId })
      }),
    )
  }
}

async function lookOver(redis: StoreClient, owner: Owner): Promise<void> {
  const { tenant, connectionId } = owner
  const { keyspace } = redis
  const connectionKey = keyspace.connection(tenant, connectionId, 'record')
  const [since, ids] = await storeAnswer(
    Promise.all([
      redis.hget(connectionKey, 'webhooksSince'),
      redis.lrange(keyspace.connection(tenant, connectionId, 'jobs'), 0, latestJobs - 1),
    ]),
  )
  if (since === null) return
  // The oldest first, as they ended.
  for (const jobId of ids.map(Number).reverse()) {
    const recordKey = keyspace.job(jobId, 'record')
    const { status = '', told, endTime, createdAt } = await readFields(redis, recordKey, endFields)
    if (told !== undefined || !isFinal(status) || endTime === undefined || Number(endTime) < Number(since)) continue
    const about = { ...owner, at: Number(endTime), jobId, jobCreatedAt: Number(createdAt) || 0 }
    await runScript(redis, tellEndScript, {
      keys: { recordKey, connectionKey, eventsKey: keyspace.events },
      args: { status, about: aboutText(about) },
    })
  }
}

const endFields = ['status', 'told', 'endTime', 'createdAt']
