import { createHash, randomUUID } from 'node:crypto'
import { CodedError } from '../../errors.ts'
import type { Command } from '../command.ts'
import { readPlatformAttempt } from '../settings.ts'
import { continueTask, streamsOf, type Task } from './continuation.ts'
import type { EndedJob } from './ended-job.ts'
import { createPatience } from './patience.ts'
import { createPrintedLog, type PrintedLog } from './printed-log.ts'
import { readServiceAccess } from './service/service-access.ts'
import { createServiceClient } from './service/service-client.ts'
import { runServiceJob } from './service-job.ts'

/** From the first failure in a row on; an API that is replaced is back by then. */
const patienceMs = 60_000
/**
 * How long another job may have the connection. One whose bridge was killed has it until its readers' lease (15 s, or two
 * minutes when the service itself had just cut it off) and its grace (90 s) have run out and somebody has looked (10 s): a
 * platform's next attempt comes before that.
 */
const turnMs = 240_000
/** Jobs that take the place of one whose messages were lost. */
const mostContinuations = 3

/** Reads as a job of the service, whose messages are printed as they are. */
export const readOverHttp: Command = async ({ inputs, output, clock, random, signal }) => {
  const access = readServiceAccess(inputs.config)
  const source = access.connectionId === undefined ? { config: access.config } : { connectionId: access.connectionId }
  const client = createServiceClient(access, clock, signal)
  const patience = createPatience({ clock, random, signal, limitMs: patienceMs })
  const turn = createPatience({ clock, random, signal, limitMs: turnMs })
  const printed = createPrintedLog(output)
  // Without a state everything is wanted; a connection would else go on from the state it keeps itself.
  let task: Task = { catalog: inputs.catalog, state: inputs.state ?? [] }
  for (let round = 0; round <= mostContinuations; round++) {
    const body = { ...source, ...task }
    const request = { body, idempotencyKey: createKey(body, round) }
    const job = await runServiceJob(request, { client, printed, patience, turn, clock, signal })
    if (job) return conclude(job, printed, inputs.catalog)
    // Whatever the service has lost, all of it had been printed.
    if (incompleteStreams(printed, inputs.catalog).length === 0) return 'done'
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
  const missing = incompleteStreams(printed, catalog)
  if (job.status === 'succeeded' && missing.length === 0) return 'done'
  if (printed.errorTraced) return 'failed'
  const names = missing.join(', ')
  throw new CodedError('streams_incomplete', job.failureMessage ?? `There is no COMPLETE of ${names || 'any stream'}`)
}

function incompleteStreams({ complete }: PrintedLog, catalog: unknown): string[] {
  return streamsOf(catalog).flatMap(({ stream: { name } }) => (complete.has(name) ? [] : name))
}
