import { exitCodes } from '../../command-line/exit-code.ts'
import { readCount, usageError } from '../../command-line/read-arguments.ts'
import { strangerError } from '../../connector/bridge/service/service-failures.ts'
import { itemTexts } from '../../json/item-texts.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { pathOfJob } from './job.ts'

const usualLimit = 20
/** A page holds so many records at most. */
const largestPage = 100

/** Prints the newest records of a stream, a line each, as they are in the log. It looks as far back as it has to. */
export const printRecords: ClientCommand<'jobs records'> = async (context) => {
  const { options, operands, output, note } = context
  const { stream = '', id, parent, epoch } = options
  const most = readCount('jobs records', '--limit', options.limit) ?? usualLimit
  if (most === 0) throw usageError('jobs records', '--limit must be 1 at least')
  const jobId = readCount('jobs records', 'JOB', operands[0]) ?? 0
  const service = await openService(context)
  let printed = 0
  for (let cursor: string | undefined; ; ) {
    const query = new URLSearchParams({
      stream,
      limit: String(Math.min(largestPage, most - printed)),
      ...(id !== undefined && { id }),
      ...(parent !== undefined && { parentId: parent }),
      ...(cursor !== undefined && { cursor }),
      ...(epoch !== undefined && { epoch }),
    })
    const { text, value } = await service.ask({
      method: 'GET',
      path: `${pathOfJob(jobId, undefined, '/records')}?${query}`,
    })
    if (!isObject(value) || !Array.isArray(value.data)) throw strangerError('it does not answer with records')
    // Our own answers begin with the list.
    const records = itemTexts(text, text.indexOf('['))
    if (records.length > 0) await output.write(`${records.join('\n')}\n`)
    printed += records.length
    if (typeof value.next !== 'string' || printed >= most) {
      if (printed === 0) note(`job ${jobId} has no such record of ${stream}`)
      return exitCodes.done
    }
    cursor = value.next
  }
}
