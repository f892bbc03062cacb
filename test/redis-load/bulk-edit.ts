import type { SimulatorOptions } from '../../simulator/options.ts'
import { readJob } from '../long-logs/long-job.ts'
import { startBridgedService } from '../support/bridged-service.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import type { Teardown } from '../support/processes.ts'
import { noteSlowCommands, readSlowCommands, type SlowCommand } from './commands.ts'

export interface BulkEdit {
  contacts: number
  /** Contacts that change within one second after the first job. */
  changed: number
  seed: number
  /** A command that takes longer is told, ms. */
  toldAboveMs: number
}

export interface BulkEditFigures {
  records: [first: number, second: number]
  slow: SlowCommand[]
}

/** Two jobs of one connection, the second after a bulk edit, with a reader of each. */
export async function syncBulkEdit(
  t: Teardown,
  { contacts, changed, seed, toldAboveMs }: BulkEdit,
): Promise<BulkEditFigures> {
  const size: SimulatorOptions = { seed, contacts, conversations: 0, companies: 0, oddities: false }
  const service = await startBridgedService(t, size)
  const redis = service.redis.connect()
  await noteSlowCommands(redis, toldAboveMs)
  const put = JSON.stringify({ config: { access_token: 'simulator-token' }, streams: ['contacts'] })
  const kept = await service.fetch('/v1/connections/bulk', { method: 'PUT', body: put })
  if (!kept.ok) throw new Error(`the connection: ${kept.status} ${await kept.text()}`)
  const sync = async () => {
    const body = JSON.stringify({ connectionId: 'bulk', catalog: configuredCatalog(['contacts']) })
    const posted = await service.fetch('/v1/jobs?detach=true', { method: 'POST', body })
    const { jobId } = (await posted.json()) as { jobId: number }
    await readJob(service, jobId, true)
    const { status, messageCount } = await service.untilStatus(jobId, 'succeeded', 'failed', 'cancelled')
    if (status !== 'succeeded') throw new Error(`job ${jobId}: ${status}`)
    const taken = JSON.stringify({ offset: messageCount })
    const acked = await service.fetch(`/v1/jobs/${jobId}/ack`, { method: 'POST', body: taken })
    if (!acked.ok) throw new Error(`the acknowledgement: ${acked.status} ${await acked.text()}`)
    return Number(await redis.hget(`intercom-sync:{job:${jobId}}:record`, 'rows'))
  }
  const first = await sync()
  service.intercom.workspace.mutate({ kind: 'update', count: changed })
  return { records: [first, await sync()], slow: await readSlowCommands(redis) }
}
