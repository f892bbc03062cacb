import { randomUUID } from 'node:crypto'
import { exitCodes } from '../../command-line/exit-code.ts'
import { usageError } from '../../command-line/read-arguments.ts'
import { withoutBridgeMembers } from '../../connector/bridge/service/service-access.ts'
import { readInputs } from '../../connector/input-files.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand, ClientContext } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { endWithJob } from './end-with-job.ts'
import { type Job, readJob } from './job.ts'
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
  const job = readJob(value)
  if (options.wait) return endWithJob(job, service, context)
  if (options.json) await output.write(`${JSON.stringify(value)}\n`)
  else await tellJob(job, { output, note })
  return exitCodes.done
}

async function tellJob(job: Job, { output, note }: Pick<ClientContext<'jobs run'>, 'output' | 'note'>): Promise<void> {
  await output.write(`${jobLine(job)}\n`)
  note(`To see how it goes: intercom-sync watch ${job.jobId}. Its messages: intercom-sync jobs messages ${job.jobId}`)
}

/** @throws UsageError; CodedError that names a file */
async function readBody({ options, paths, signal }: ClientContext<'jobs run'>): Promise<object> {
  const { config, connection, catalog, streams, state, 'on-missing-permission': onMissingPermission } = options
  if ((config === undefined) === (connection === undefined))
    throw usageError('jobs run', 'either --config or --connection must be given')
  if (catalog !== undefined && streams !== undefined)
    throw usageError('jobs run', '--catalog and --streams cannot be given together')
  if (onMissingPermission !== undefined && !['fail', 'skip'].includes(onMissingPermission))
    throw usageError('jobs run', `--on-missing-permission must be fail or skip, not "${onMissingPermission}"`)
  Object.assign(paths, { ...(config && { config }), ...(catalog && { catalog }), ...(state && { state }) })
  const inputs = await readInputs(paths, signal)
  return {
    ...(connection !== undefined && { connectionId: connection }),
    ...inputs,
    // The service needs neither its own address nor the key to itself.
    ...(isObject(inputs.config) && { config: withoutBridgeMembers(inputs.config) }),
    ...(streams !== undefined && { streams: streams.split(',').map((name) => name.trim()) }),
    ...(onMissingPermission !== undefined && { onMissingPermission }),
  }
}
