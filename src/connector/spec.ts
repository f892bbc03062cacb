import { specMessage } from '../airbyte/connector-messages.ts'
import { type Command, messageLine } from './command.ts'

export const tellSpec: Command = async ({ output }) => {
  await output.write(messageLine(specMessage()))
  return 'done'
}
