import { exitCodes } from '../../command-line/exit-code.ts'
import { readCount } from '../../command-line/read-arguments.ts'
import { formatNoun } from '../../display/figures.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService } from '../service/service.ts'
import { pathOfNamed } from './ask-job.ts'

/** Acknowledges messages, which moves the state of the job's connection. */
export const acknowledgeMessages: ClientCommand<'jobs ack'> = async (context) => {
  const { options, operands, output } = context
  const path = pathOfNamed('jobs ack', context, '/ack')
  const offset = readCount('jobs ack', 'OFFSET', operands[1]) ?? 0
  const { value } = await (await openService(context)).ask({ method: 'POST', path, body: { offset } })
  if (options.json) await output.write(`${JSON.stringify(value)}\n`)
  else {
    const held = isObject(value) && typeof value.offset === 'number' ? value.offset : offset
    await output.write(`${formatNoun(held, 'message')} of job ${operands[0]} acknowledged\n`)
  }
  return exitCodes.done
}
