import { exitCodes } from '../../command-line/exit-code.ts'
import { isObject } from '../../json-object.ts'
import { alignColumns } from '../service/columns.ts'
import type { ClientCommand } from '../service/command.ts'
import { readListItems } from '../service/pages.ts'
import { openService } from '../service/service.ts'
import { scheduleText } from './schedule-text.ts'

const headings = ['CONNECTION', 'MADE', 'LAST PUT', 'SCHEDULE', 'NEXT', 'HEALTH', '']

/** Lists the connections of the tenant. */
export const printConnections: ClientCommand<'connections list'> = async (context) => {
  const { options, output } = context
  const items = await readListItems(await openService(context), { path: '/v1/connections' })
  if (options.json) await output.write(`${JSON.stringify(items)}\n`)
  else {
    const rows = items.filter(isObject).map((item) => {
      const { connectionId, createdAt, lastUpdatedAt, health = '', problem = '' } = item
      const [next = ''] = Array.isArray(item.nextRuns) ? item.nextRuns : []
      return [connectionId, createdAt, lastUpdatedAt, scheduleText(item), next, health, problem].map(String)
    })
    await output.write(`${alignColumns([headings, ...rows]).join('\n')}\n`)
  }
  return exitCodes.done
}
