import { randomUUID } from 'node:crypto'
import { exitCodes } from '../../command-line/exit-code.ts'
import { usageError } from '../../command-line/read-arguments.ts'
import type { ClientCommand, ClientContext } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { readSyncBody } from '../service/sync-body.ts'
import { endWithJob } from './end-with-job.ts'
import { type RemoteJob, readRemoteJob } from './job.ts'
import { jobLine } from './job-text.ts'

/** Starts a job, and with `--wait` shows it to its end. */
export const runJob: ClientCommand<'jobs run'> = async (context) => {
  const { options, output, note } = context
  const body = await readBody(context)
  const service = await openService(context)
  // The key makes the repetition of a request whose answer was lost lead to the same job.
  const headers = { 'idempotency-key': randomUUID() }
  const path = options.join ? '/v1/jobs?onConflict=join' : '/v1/jobs'
  const { value } = await service.ask({ method: 'POST', path, body, headers })
  const job = readRemoteJob(value)
  if (options.wait) return endWithJob(job, service, context)
  if (options.json) await output.write(`${JSON.stringify(value)}\n`)
  else await tellJob(job, { output, note })
  return exitCodes.done
}

async function tellJob(
  job: RemoteJob,
  { output, note }: Pick<ClientContext<'jobs run'>, 'output' | 'note'>,
): Promise<void> {
  await output.write(`${jobLine(job)}\n`)
  note(`To see how it goes: intercom-sync watch ${job.jobId}. Its messages: intercom-sync jobs messages ${job.jobId}`)
}

/** @throws UsageError; CodedError that names a file */
async function readBody(context: ClientContext<'jobs run'>): Promise<object> {
  const { 'on-missing-permission': onMissingPermission, ...options } = context.options
  if (onMissingPermission !== undefined && !['fail', 'skip'].includes(onMissingPermission))
    throw usageError('jobs run', `--on-missing-permission must be fail or skip, not "${onMissingPermission}"`)
  const body = await readSyncBody('jobs run', context, options)
  return { ...body, ...(onMissingPermission !== undefined && { onMissingPermission }) }
}
