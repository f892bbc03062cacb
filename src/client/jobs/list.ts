import { exitCodes } from '../../command-line/exit-code.ts'
import { readCount, usageError } from '../../command-line/read-arguments.ts'
import { formatCount, formatSeconds } from '../../display/figures.ts'
import { alignColumns } from '../service/columns.ts'
import type { ClientCommand } from '../service/command.ts'
import { readListItems } from '../service/pages.ts'
import { openService } from '../service/service.ts'
import { readRemoteJob } from './job.ts'

const headings = ['JOB', 'STATUS', 'CONNECTION', 'MADE', 'LASTED', 'RECORDS']
const usualLimit = 20

/** Lists jobs, the newest first. */
export const printJobs: ClientCommand<'jobs list'> = async (context) => {
  const { options, output } = context
  const most = readCount('jobs list', '--limit', options.limit) ?? usualLimit
  if (most === 0) throw usageError('jobs list', '--limit must be 1 at least')
  const query = { status: options.status, connectionId: options.connection }
  const items = await readListItems(await openService(context), { path: '/v1/jobs', query, most })
  if (options.json) await output.write(`${JSON.stringify(items)}\n`)
  else {
    const rows = items
      .map(readRemoteJob)
      .map(({ jobId, status, connectionId = '-', createdAt, seconds, rowsSynced }) => {
        return [String(jobId), status, connectionId, createdAt, formatSeconds(seconds * 1000), formatCount(rowsSynced)]
      })
    await output.write(`${alignColumns([headings, ...rows]).join('\n')}\n`)
  }
  return exitCodes.done
}
