import { createHash, randomUUID } from 'node:crypto'
import { readPlatformAttempt } from '../../config.ts'
import { CodedError } from '../../errors.ts'
import type { Command } from '../command.ts'
import { continueTask, streamsOf, type Task } from './continuation.ts'
import { createPatience } from './patience.ts'
import { createPrintedLog, type PrintedLog } from './printed-log.ts'
import { readServiceAccess } from './service-access.ts'
import { createServiceClient } from './service-client.ts'
import { type EndedJob, runServiceJob } from './service-job.ts'

/** From the first failure in a row on; an API that is replaced is back by then. */
const patienceMs = 60_000
/** Jobs that take the place of one whose messages were lost. */
const mostContinuations = 3

/** Reads as a job of the service, whose messages are printed as they are. */
export const readOverHttp: Command = async ({ inputs, output, clock, random, signal }) => {
  const access = readServiceAccess(inputs.config)
  const source = access.connectionId === undefined ? { config: access.config } : { connectionId: access.connectionId }
  const client = createServiceClient(access, clock, signal)
  const patience = createPatience({ clock, random, signal, limitMs: patienceMs })
  const printed = createPrintedLog(output)
  // Without a state everything is wanted; a connection would else go on from the state it keeps itself.
  let task: Task = { catalog: inputs.catalog, state: inputs.state ?? [] }
  for (let round = 0; round <= mostContinuations; round++) {
    const body = { ...source, ...task }
    const request = { body, idempotencyKey: createKey(body, round), follows: round > 0 }
    const job = await runServiceJob(request, { client, printed, patience, clock, signal })
    if (job) return conclude(job, printed, inputs.catalog)
    task = continueTask(task, printed)
  }
  throw new CodedError('messages_lost', 'The service has lost messages again and again: run the sync later')
}

/** A platform that starts the same attempt twice gets one job; the body is part of it, as others number their jobs alike. */
function createKey(body: object, round: number): string {
  const attempt = readPlatformAttempt()
  if (attempt === undefined) return randomUUID()
  return createHash('sha256')
    .update(JSON.stringify([attempt, round, body]))
    .digest('base64url')
}

/** Whoever asked takes exit code 0 for everything, and may delete what did not come. */
function conclude(job: EndedJob, printed: PrintedLog, catalog: unknown): 'done' | 'failed' {
  const missing = streamsOf(catalog).filter(({ stream }) => !printed.complete.has(stream.name))
  if (job.status === 'succeeded' && missing.length === 0) return 'done'
  if (printed.errorTraced) return 'failed'
  const names = missing.map(({ stream }) => stream.name).join(', ')
  throw new CodedError('streams_incomplete', job.failureMessage ?? `There is no COMPLETE of ${names || 'any stream'}`)
}
