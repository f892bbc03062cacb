import { createHash, randomUUID } from 'node:crypto'
import { CodedError } from '../../errors.ts'
import type { Command } from '../command.ts'
import { readConnectorProxies, readPlatformAttempt } from '../settings.ts'
import { continueTask, streamsOf, type Task } from './continuation.ts'
import type { EndedJob } from './ended-job.ts'
import { createPatience } from './patience.ts'
import { createPrintedLog, type PrintedLog } from './printed-log.ts'
import { readServiceAccess } from './service/service-access.ts'
import { createServiceClient } from './service/service-client.ts'
import { runServiceJob } from './service-job.ts'

/** Counted from the first failure in a row. An API that is being replaced is back by then. */
const patienceMs = 60_000
/**
 * How long another job may use the connection. If that job's bridge was killed, the job keeps the connection until its
 * readers' lease (15 s, or two minutes when the service itself had just cut it off) and its grace (90 s) have run out
 * and somebody has checked (10 s). A platform may start the next attempt before that.
 */
const turnMs = 240_000
/** The number of jobs that may replace one whose messages were lost. */
const mostContinuations = 3

/** Reads through a job at the service, and prints its messages unchanged. */
export const readOverHttp: Command = async ({ inputs, output, clock, random, signal }) => {
  const access = readServiceAccess(inputs.config)
  const source = access.connectionId === undefined ? { config: access.config } : { connectionId: access.connectionId }
  const client = createServiceClient({ access, proxies: readConnectorProxies(), clock, signal })
  const patience = createPatience({ clock, random, signal, limitMs: patienceMs })
  const turn = createPatience({ clock, random, signal, limitMs: turnMs })
  const printed = createPrintedLog(output)
  // No state means that everything is wanted. Without one, a connection would continue from the state that it keeps
  // itself.
  let task: Task = { catalog: inputs.catalog, state: inputs.state ?? [] }
  for (let round = 0; round <= mostContinuations; round++) {
    const body = { ...source, ...task }
    const request = { body, idempotencyKey: createKey(body, round) }
    const job = await runServiceJob(request, { client, printed, patience, turn, clock, signal })
    if (job) return conclude(job, printed, inputs.catalog)
    // The service may have lost messages, but all of them had been printed.
    if (incompleteStreams(printed, inputs.catalog).length === 0) return 'done'
    task = continueTask(task, printed)
  }
  throw new CodedError('messages_lost', 'The service has lost messages again and again: run the sync later')
}

/**
 * Makes the same job for a platform that starts the same attempt twice. The body is part of the key, because other
 * platforms may number their jobs in the same way.
 */
function createKey(body: object, round: number): string {
  const attempt = readPlatformAttempt()
  if (attempt === undefined) return randomUUID()
  return createHash('sha256')
    .update(JSON.stringify([attempt, round, body]))
    .digest('base64url')
}

/** The caller takes exit code 0 to mean that everything came, and may delete the records that did not. */
function conclude(job: EndedJob, printed: PrintedLog, catalog: unknown): 'done' | 'failed' {
  const missing = incompleteStreams(printed, catalog)
  if (job.status === 'succeeded' && missing.length === 0) return 'done'
  if (printed.errorTraced) return 'failed'
  if (job.skippedStreams.length > 0) throw skippedError(job.skippedStreams)
  const names = missing.join(', ')
  throw new CodedError('streams_incomplete', job.failureMessage ?? `There is no COMPLETE of ${names || 'any stream'}`)
}

/** Exit code 0 would tell the caller that the streams that the service has left out are complete, and empty. */
function skippedError(skipped: readonly string[]): CodedError {
  const names = skipped.join(', ')
  const message = `The service has left out ${names}, because the access token lacks the permission: add it to the app in Intercom's Developer Hub, or deselect ${names}`
  return new CodedError('scope_missing', message)
}

function incompleteStreams({ complete }: PrintedLog, catalog: unknown): string[] {
  return streamsOf(catalog).flatMap(({ stream: { name } }) => (complete.has(name) ? [] : name))
}
