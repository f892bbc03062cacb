import { createRequire } from 'node:module'
import { type ConfigMember, type ConfigMemberName, configMembers } from './config-members.ts'

const { homepage } = createRequire(import.meta.url)('#package') as { homepage: string }

/** Airbyte's ConnectorSpecification: the config as a JSON Schema, and how a platform signs people in. */
export interface ConnectorSpecification {
  documentationUrl: string
  connectionSpecification: Record<string, unknown>
  advanced_auth: { auth_flow_type: 'oauth2.0'; oauth_config_specification: Record<string, unknown> }
  supported_destination_sync_modes: string[]
  protocol_version: string
}

const text = { type: 'string' }
const filledIn = (name: ConfigMemberName) => ({ ...text, path_in_connector_config: [name] })
const object = (properties: Record<string, object>) => ({ type: 'object', additionalProperties: false, properties })

/**
 * The declarative OAuth of Airbyte's platform, which fills in the braces. It has no scopes, because Intercom's apps name
 * theirs, and no refresh token, because Intercom gives none. The client is the operator's.
 */
const oauthConfigSpecification = {
  oauth_connector_input_specification: {
    consent_url:
      'https://app.intercom.com/oauth?{{client_id_param}}&{{redirect_uri_param}}&response_type=code&{{state_param}}',
    access_token_url: 'https://api.intercom.io/auth/eagle/token',
    access_token_headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    access_token_params: {
      code: '{{ auth_code_value }}',
      client_id: '{{ client_id_value }}',
      client_secret: '{{ client_secret_value }}',
    },
    extract_output: ['access_token'],
  },
  complete_oauth_output_specification: object({ access_token: filledIn('access_token') }),
  complete_oauth_server_input_specification: object({ client_id: text, client_secret: text }),
  complete_oauth_server_output_specification: object({
    client_id: filledIn('client_id'),
    client_secret: filledIn('client_secret'),
  }),
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
    advanced_auth: { auth_flow_type: 'oauth2.0', oauth_config_specification: oauthConfigSpecification },
    supported_destination_sync_modes: [],
    protocol_version: '0.2.0',
  }
}

/** `demand` is left out: only our own checks use it. */
function toProperty({ isSecret, isAlwaysShown, demand: _demand, ...schema }: ConfigMember, order: number): object {
  return { ...schema, ...(isSecret && { airbyte_secret: true }), ...(isAlwaysShown && { always_show: true }), order }
}
