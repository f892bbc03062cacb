import { exitCodes } from '../../command-line/exit-code.ts'
import { readCount, usageError } from '../../command-line/read-arguments.ts'
import { isObject } from '../../json-object.ts'
import { alignColumns } from '../service/columns.ts'
import type { ClientCommand } from '../service/command.ts'
import { readListItems } from '../service/pages.ts'
import { openService } from '../service/service.ts'

const headings = ['DELIVERY', 'MADE', 'EVENT', 'STATUS', 'TRIES', 'ANSWER', 'NEXT', 'URL']
const usualLimit = 20
/** Among so many of the latest deliveries those of a test are sought. */
const mostLooked = 100

/** Lists what the webhooks of a connection were told. */
export const listDeliveries: ClientCommand<'connections deliveries'> = async (context) => {
  const { options, operands, output } = context
  const { status } = options
  const most = readCount('connections deliveries', '--limit', options.limit) ?? usualLimit
  if (most === 0) throw usageError('connections deliveries', '--limit must be 1 at least')
  const service = await openService(context)
  const items = await readListItems(service, { path: `${pathOf(operands[0])}/deliveries`, query: { status }, most })
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

/** A receiver has so long to answer, and a worker a little longer to send, ms. */
const answerMs = 12_000
/** How often it is looked whether all have answered, ms. */
const lookMs = 200

/** Has a test sent to each webhook, and waits for the answers. */
export const testWebhooks: ClientCommand<'connections test-webhooks'> = async (context) => {
  const { options, operands, output, note, clock, signal } = context
  const path = pathOf(operands[0])
  const service = await openService(context)
  const { value } = await service.ask({ method: 'POST', path: `${path}/webhooks/test` })
  let sent = isObject(value) && Array.isArray(value.data) ? value.data : []
  const ids = new Set(sent.filter(isObject).map(({ deliveryId }) => deliveryId))
  const until = clock.monotonic() + answerMs
  while (sent.some(isUntried) && clock.monotonic() < until) {
    await clock.sleep(lookMs, signal)
    const latest = await readListItems(service, { path: `${path}/deliveries`, most: mostLooked })
    sent = latest.filter((delivery) => isObject(delivery) && ids.has(delivery.deliveryId))
  }
  if (sent.some(isUntried))
    note(`not sent yet; to see what comes of it: intercom-sync connections deliveries ${operands[0]}`)
  if (ids.size === 0) note('the connection has no webhooks: nothing is sent')
  await output.write(options.json ? `${JSON.stringify(sent)}\n` : tableOf(sent))
  return exitCodes.done
}

const isUntried = (delivery: unknown) => isObject(delivery) && delivery.status === 'pending' && delivery.attempts === 0

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
