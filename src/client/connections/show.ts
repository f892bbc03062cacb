import { exitCodes } from '../../command-line/exit-code.ts'
import { isObject } from '../../json-object.ts'
import { alignColumns } from '../service/columns.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { scheduleLines } from './schedule-text.ts'

/** Shows a connection; the service masks its secrets. */
export const showConnection: ClientCommand<'connections show'> = async (context) => {
  const { options, operands, output } = context
  const path = `/v1/connections/${encodeURIComponent(operands[0] ?? '')}`
  const { value } = await (await openService(context)).ask({ method: 'GET', path })
  await output.write(options.json || !isObject(value) ? `${JSON.stringify(value)}\n` : textOf(value))
  return exitCodes.done
}

function textOf(connection: Record<string, unknown>): string {
  const { connectionId, createdAt, lastUpdatedAt, config, catalog, onMissingPermission = 'fail' } = connection
  const members = Object.entries(isObject(config) ? config : {}).map(([name, member]) => {
    return [`  ${name}`, typeof member === 'string' ? member : JSON.stringify(member)]
  })
  const streams = isObject(catalog) && Array.isArray(catalog.streams) ? catalog.streams : []
  const modes = streams.filter(isObject).map(({ stream, sync_mode }) => {
    return [`  ${isObject(stream) ? stream.name : ''}`, String(sync_mode)]
  })
  const webhooks = Array.isArray(connection.webhooks) ? connection.webhooks.filter(isObject) : []
  const told = webhooks.map(({ url, events }) => [`  ${url}`, Array.isArray(events) ? events.join(', ') : ''])
  return [
    `Connection ${connectionId}, made ${createdAt}, last put ${lastUpdatedAt}`,
    // A service that cannot read what it has stored does not know it.
    ...(isObject(config) ? [`On a missing permission: ${onMissingPermission}`] : []),
    ...scheduleLines(connection),
    'Config:',
    ...alignColumns(members),
    'Streams:',
    ...alignColumns(modes),
    ...(told.length > 0 ? ['Webhooks:', ...alignColumns(told)] : []),
    '',
  ].join('\n')
}
