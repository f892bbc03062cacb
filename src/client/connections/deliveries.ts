import { exitCodes } from '../../command-line/exit-code.ts'
import { readCount, usageError } from '../../command-line/read-arguments.ts'
import { isObject } from '../../json-object.ts'
import { alignColumns } from '../service/columns.ts'
import type { ClientCommand } from '../service/command.ts'
import { readPages } from '../service/pages.ts'
import { openService } from '../service/service.ts'

const headings = ['DELIVERY', 'MADE', 'EVENT', 'STATUS', 'TRIES', 'ANSWER', 'NEXT', 'URL']
const usualLimit = 20

/** Lists what the webhooks of a connection were told. */
export const listDeliveries: ClientCommand<'connections deliveries'> = async (context) => {
  const { options, operands, output } = context
  const { status } = options
  const most = readCount('connections deliveries', '--limit', options.limit) ?? usualLimit
  if (most === 0) throw usageError('connections deliveries', '--limit must be 1 at least')
  const service = await openService(context)
  const items = await readPages(service, { path: `${pathOf(operands[0])}/deliveries`, query: { status }, most })
  await output.write(options.json ? `${JSON.stringify(items)}\n` : tableOf(items))
  return exitCodes.done
}

/** Has a message sent once more. */
export const retryDelivery: ClientCommand<'connections retry-delivery'> = async (context) => {
  const { options, operands, output } = context
  const path = `${pathOf(operands[0])}/deliveries/${encodeURIComponent(operands[1] ?? '')}/retry`
  const { value } = await (await openService(context)).ask({ method: 'POST', path })
  await output.write(options.json ? `${JSON.stringify(value)}\n` : tableOf([value]))
  return exitCodes.done
}

/** Has a test sent to each webhook. */
export const testWebhooks: ClientCommand<'connections test-webhooks'> = async (context) => {
  const { options, operands, output, note } = context
  const path = `${pathOf(operands[0])}/webhooks/test`
  const { value } = await (await openService(context)).ask({ method: 'POST', path })
  const sent = isObject(value) && Array.isArray(value.data) ? value.data : []
  if (sent.length === 0) note('the connection has no webhooks: nothing is sent')
  await output.write(options.json ? `${JSON.stringify(sent)}\n` : tableOf(sent))
  return exitCodes.done
}

function pathOf(connectionId = ''): string {
  return `/v1/connections/${encodeURIComponent(connectionId)}`
}

function tableOf(deliveries: readonly unknown[]): string {
  const rows = deliveries.filter(isObject).map((delivery) => {
    const {
      deliveryId,
      createdAt,
      event,
      status,
      attempts,
      lastStatusCode,
      failure = '',
      nextAttemptAt = '',
    } = delivery
    return [
      deliveryId,
      createdAt,
      event,
      status,
      attempts,
      lastStatusCode ?? failure,
      nextAttemptAt,
      delivery.url ?? '',
    ]
  })
  return `${alignColumns([headings, ...rows.map((row) => row.map(String))]).join('\n')}\n`
}
