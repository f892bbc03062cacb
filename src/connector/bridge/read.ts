import { createHash, randomUUID } from 'node:crypto'
import { errorLine, logLine, streamStatusLine } from '../../airbyte/messages.ts'
import { CodedError, toJobFailure } from '../../errors.ts'
import { unknownInCatalog, unknownStreamError } from '../../streams/unknown-streams.ts'
import type { Command } from '../command.ts'
import type { Output } from '../output.ts'
import { readConnectorProxies, readPlatformAttempt } from '../settings.ts'
import { continueTask, streamsOfCatalog, type Task } from './continuation.ts'
import type { EndedJob } from './ended-job.ts'
import { createPatience } from './patience.ts'
import { createPrintedLog, type PrintedLog } from './printed-log.ts'
import { readServiceAccess } from './service/service-access.ts'
import { createServiceClient } from './service/service-client.ts'
import { runServiceJob } from './service-job.ts'
import { placeStates, readTask, type SmallerTask, taskBodyOf, withoutUnknown } from './task.ts'

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
  const dependencies = { client, printed, patience, turn, clock, signal }
  const run = (task: Task, round: number) => {
    const body = { ...source, ...taskBodyOf(task) }
    return runServiceJob({ body, idempotencyKey: createKey(body, round) }, dependencies)
  }
  const first = readTask(inputs)
  const begun = await runKnown(first, (asked) => run(asked, 0), output)
  const outcome = await readToEnd(begun, run, printed)
  for (const name of begun.unknown) await output.write(linesOfUnknown(name, clock.now()))
  return begun.unknown.length > 0 ? 'failed' : outcome
}

/** The first job, and what it was asked for: without the streams that the service does not have. */
interface FirstJob extends SmallerTask {
  /** Undefined when its messages were lost, or nothing is left to read. */
  job: EndedJob | undefined
}

/**
 * The service refuses a catalog with a stream that it does not have. So the others are asked for, again and again: an
 * answer names only the first of many.
 */
async function runKnown(
  task: Task,
  run: (task: Task) => Promise<EndedJob | undefined>,
  output: Output,
): Promise<FirstJob> {
  try {
    return { task, unknown: [], job: await run(task) }
  } catch (error) {
    const smaller = withoutUnknown(task, error)
    if (!smaller) throw placeStates(error, task)
    const { unknown, task: rest } = smaller
    if (unknown.length > 0) await output.write(logLine('WARN', unknownInCatalog(unknown)))
    if (streamsOfCatalog(rest.catalog).length === 0) return { ...smaller, job: undefined }
    const begun = await runKnown(rest, run, output)
    return { ...begun, unknown: [...unknown, ...begun.unknown] }
  }
}

/** Continues with another job as long as messages are lost, and judges the end. */
async function readToEnd(
  begun: FirstJob,
  run: (task: Task, round: number) => Promise<EndedJob | undefined>,
  printed: PrintedLog,
): Promise<'done' | 'failed'> {
  const { catalog } = begun.task
  let { task, job } = begun
  for (let round = 1; ; round++) {
    if (job) return conclude(job, printed, catalog)
    // The service may have lost messages, but all of them had been printed.
    if (incompleteStreams(printed, catalog).length === 0) return 'done'
    if (round > mostContinuations)
      throw new CodedError('messages_lost', 'The service has lost messages again and again: run the sync later')
    task = continueTask(task, printed)
    job = await run(task, round)
  }
}

/** A stream that the service does not have ends as one does that a read without a service does not have. */
function linesOfUnknown(name: string, now: number): string {
  const failure = toJobFailure(unknownStreamError(name, "the service's version of intercom-sync"))
  return streamStatusLine(name, 'STARTED', now) + errorLine(failure, now) + streamStatusLine(name, 'INCOMPLETE', now)
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
  return streamsOfCatalog(catalog).flatMap(({ stream: { name } }) => (complete.has(name) ? [] : name))
}
