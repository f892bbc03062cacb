import { exitCodes } from '../../command-line/exit-code.ts'
import { UsageError } from '../../command-line/usage-error.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { scheduleLines } from './schedule-text.ts'

/** Changes when a connection syncs by itself. The masks of its secrets go back as they came, so that they stay. */
export const scheduleConnection: ClientCommand<'connections schedule'> = async (context) => {
  const { options, operands, output } = context
  const schedule = scheduleOf(options)
  const path = `/v1/connections/${encodeURIComponent(operands[0] ?? '')}`
  const service = await openService(context)
  const { value: stored } = await service.ask({ method: 'GET', path })
  const ack = options.ack === undefined ? {} : { ack: options.ack }
  const body = { ...(isObject(stored) ? stored : {}), ...schedule, ...ack }
  const { value } = await service.ask({ method: 'PUT', path, body })
  const text = isObject(value) ? `${scheduleLines(value).join('\n')}\n` : ''
  await output.write(options.json ? `${JSON.stringify(value)}\n` : text)
  return exitCodes.done
}

interface ScheduleOptions {
  cron?: string | undefined
  'time-zone'?: string | undefined
  every?: string | undefined
  manual?: boolean | undefined
  ack?: string | undefined
}

/** The schedule that the options name; none if only `--ack` is to change. */
function scheduleOf({ cron, every, manual, ack, 'time-zone': timeZone }: ScheduleOptions): { schedule?: object } {
  const named = [cron !== undefined, every !== undefined, manual === true].filter(Boolean).length
  if (named > 1) throw new UsageError('give one of --cron, --every and --manual')
  if (named === 0 && ack === undefined) throw new UsageError('give --cron, --every, --manual or --ack')
  if (timeZone !== undefined && cron === undefined) throw new UsageError('--time-zone goes with --cron')
  if (cron !== undefined) return { schedule: { type: 'cron', cron, ...(timeZone !== undefined && { timeZone }) } }
  if (every !== undefined) return { schedule: { type: 'interval', every } }
  return manual ? { schedule: { type: 'manual' } } : {}
}
