import { catalogMessage } from '../airbyte/connector-messages.ts'
import { readSourceConfig } from '../airbyte/source-config.ts'
import { CodedError, type Fault } from '../errors.ts'
import { withBriefClient } from '../intercom/brief-client.ts'
import { discoverStreams } from '../streams/discover.ts'
import { type Command, messageLine } from './command.ts'
import { intercomAddress } from './intercom-address.ts'

export const discoverCatalog: Command = async ({ inputs, output, ...running }) => {
  const faults: Fault[] = []
  const config = readSourceConfig(inputs.config, '/config', faults)
  if (!config) throw new CodedError('invalid_request', undefined, { faults })
  const streams = await withBriefClient({ config, ...intercomAddress(), ...running }, (client) =>
    discoverStreams(client, config),
  )
  await output.write(messageLine(catalogMessage(streams)))
  return 'done'
}
