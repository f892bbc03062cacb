import { exitCodes } from '../../command-line/exit-code.ts'
import { isObject } from '../../json-object.ts'
import { alignColumns } from '../service/columns.ts'
import type { ClientCommand } from '../service/command.ts'
import { readPages } from '../service/pages.ts'
import { openService } from '../service/service.ts'

const headings = ['CONNECTION', 'MADE', 'LAST PUT', '']

/** Lists the connections of the tenant. */
export const listConnections: ClientCommand<'connections list'> = async (context) => {
  const { options, output } = context
  const items = await readPages(await openService(context), { path: '/v1/connections' })
  if (options.json) await output.write(`${JSON.stringify(items)}\n`)
  else {
    const rows = items.filter(isObject).map(({ connectionId, createdAt, lastUpdatedAt, problem = '' }) => {
      return [connectionId, createdAt, lastUpdatedAt, problem].map(String)
    })
    await output.write(`${alignColumns([headings, ...rows]).join('\n')}\n`)
  }
  return exitCodes.done
}
