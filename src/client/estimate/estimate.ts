import { exitCodes } from '../../command-line/exit-code.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { readSyncBody } from '../service/sync-body.ts'
import { estimateText } from './estimate-text.ts'

/** The service waits 25 s for Intercom at most, ms. */
const idleMs = 60_000

/** Shows what a sync would read. */
export const showEstimate: ClientCommand<'estimate'> = async (context) => {
  const { options, output } = context
  const body = await readSyncBody('estimate', context, options)
  const service = await openService(context)
  const { value } = await service.ask({ method: 'POST', path: '/v1/estimate', body, idleMs })
  await output.write(options.json ? `${JSON.stringify(value)}\n` : estimateText(value))
  return exitCodes.done
}
