import { createRequire } from 'node:module'
import { type ConfigMember, configMembers } from './config-members.ts'

const { homepage } = createRequire(import.meta.url)('#package') as { homepage: string }

/** Airbyte's ConnectorSpecification: the config as a JSON Schema. No `advanced_auth`: nobody here completes an OAuth. */
export interface ConnectorSpecification {
  documentationUrl: string
  connectionSpecification: Record<string, unknown>
  supported_destination_sync_modes: string[]
  protocol_version: string
}

/** The payload of the SPEC message. */
export function connectorSpecification(): ConnectorSpecification {
  return {
    // A build can name another page, see docs/airbyte.md.
    documentationUrl: homepage,
    connectionSpecification: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Connect to Intercom',
      type: 'object',
      additionalProperties: true,
      properties: Object.fromEntries(
        Object.entries(configMembers).map(([name, member], order) => [name, toProperty(member, order)]),
      ),
    },
    supported_destination_sync_modes: [],
    protocol_version: '0.2.0',
  }
}

/** `demand` is left out: only our own checks use it. */
function toProperty({ isSecret, isAlwaysShown, demand: _demand, ...schema }: ConfigMember, order: number): object {
  return { ...schema, ...(isSecret && { airbyte_secret: true }), ...(isAlwaysShown && { always_show: true }), order }
}
