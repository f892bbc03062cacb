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
    ...accessLines(connection),
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

const accessWords: Readonly<Record<string, string>> = { oauth: 'signed in at Intercom', token: 'by an access token' }

/** Whose data it reads, by what, and what Intercom has said about that; nothing as long as nobody knows. */
function accessLines({ access, workspaceId, check }: Record<string, unknown>): string[] {
  const { status, checkedAt, message } = isObject(check) ? check : {}
  const told = [
    ...(typeof access === 'string' ? [accessWords[access] ?? access] : []),
    ...(workspaceId === undefined ? [] : [`workspace ${workspaceId}`]),
    ...(checkedAt === undefined ? [] : [`checked ${checkedAt}${status === 'failed' ? `: ${message}` : ''}`]),
  ]
  return told.length === 0 ? [] : [`Access: ${told.join(', ')}`]
}
