import { connectionStatusMessage, unusableConfig } from '../airbyte/connector-messages.ts'
import { readSourceConfig } from '../airbyte/source-config.ts'
import type { Fault } from '../errors.ts'
import { withBriefClient } from '../intercom/brief-client.ts'
import { checkConnection } from '../streams/check-connection.ts'
import { type Command, messageLine } from './command.ts'
import { intercomAddress } from './intercom-address.ts'

/** A config that cannot be used is a verdict; an Intercom that cannot be reached is not. */
export const checkConfig: Command = async ({ inputs, output, ...running }) => {
  const faults: Fault[] = []
  const config = readSourceConfig(inputs.config, '', faults)
  const status = config
    ? await withBriefClient({ config, ...intercomAddress(), ...running }, (client) =>
        checkConnection(client, config, []),
      )
    : unusableConfig(faults)
  await output.write(messageLine(connectionStatusMessage(status)))
  return 'done'
}
