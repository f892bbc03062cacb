import { exitCodes } from '../../command-line/exit-code.ts'
import { UsageError } from '../../command-line/usage-error.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { scheduleLines } from './schedule-text.ts'

/** Changes when a connection syncs by itself. The masks of its secrets go back as they came, so that they stay. */
export const scheduleConnection: ClientCommand<'connections schedule'> = async (context) => {
  const { options, operands, output } = context
  requireOptionsThatFit(options)
  const path = `/v1/connections/${encodeURIComponent(operands[0] ?? '')}`
  const service = await openService(context)
  const { value } = await service.ask({ method: 'GET', path })
  const stored = isObject(value) ? value : {}
  const ack = options.ack === undefined ? {} : { ack: options.ack }
  const body = { ...stored, ...scheduleFor(options, stored.schedule), ...ack }
  const { value: changed } = await service.ask({ method: 'PUT', path, body })
  const text = isObject(changed) ? `${scheduleLines(changed).join('\n')}\n` : ''
  await output.write(options.json ? `${JSON.stringify(changed)}\n` : text)
  return exitCodes.done
}

interface ScheduleOptions {
  cron?: string | undefined
  'time-zone'?: string | undefined
  every?: string | undefined
  manual?: boolean | undefined
  ack?: string | undefined
}

/** @throws UsageError */
function requireOptionsThatFit({ cron, every, manual, ack, 'time-zone': timeZone }: ScheduleOptions): void {
  const named = [cron !== undefined, every !== undefined, manual === true].filter(Boolean).length
  if (named > 1) throw new UsageError('give one of --cron, --every and --manual')
  if (named === 0 && ack === undefined && timeZone === undefined)
    throw new UsageError('give --cron, --time-zone, --every, --manual or --ack')
  if (timeZone !== undefined && cron === undefined && named > 0) throw new UsageError('--time-zone goes with --cron')
}

/**
 * The schedule that the options name; none if only `--ack` is to change. The clock stays that of the schedule before, if
 * none is named.
 *
 * @throws UsageError when there are no times of a clock to which the time zone could belong
 */
function scheduleFor(
  { cron, every, manual, 'time-zone': named }: ScheduleOptions,
  stored: unknown,
): { schedule?: object } {
  const before = isObject(stored) && stored.type === 'cron' ? stored : undefined
  if (every !== undefined) return { schedule: { type: 'interval', every } }
  if (manual) return { schedule: { type: 'manual' } }
  const timeZone = named ?? before?.timeZone
  if (cron !== undefined) return { schedule: { type: 'cron', cron, ...(timeZone !== undefined && { timeZone }) } }
  if (named === undefined) return {}
  if (!before) throw new UsageError('--time-zone needs --cron: the connection does not sync at times of a clock')
  return { schedule: { ...before, timeZone: named } }
}
