import { type ConfigMember, configMembers } from './config-members.ts'

/** Airbyte's ConnectorSpecification: the config as a JSON Schema, and how forms get a token by OAuth. */
export interface ConnectorSpecification {
  documentationUrl: string
  connectionSpecification: Record<string, unknown>
  advanced_auth: object
  supported_destination_sync_modes: string[]
  protocol_version: string
}

/** The payload of the SPEC message. */
export function connectorSpecification(): ConnectorSpecification {
  return {
    // Explains step by step how to get a token; our config is a superset of the one described there.
    documentationUrl: 'https://docs.airbyte.com/integrations/sources/intercom',
    connectionSpecification: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Source Intercom Spec',
      type: 'object',
      additionalProperties: true,
      properties: Object.fromEntries(
        Object.entries(configMembers).map(([name, member], order) => [name, toProperty(member, order)]),
      ),
    },
    advanced_auth: oauth,
    supported_destination_sync_modes: [],
    protocol_version: '0.2.0',
  }
}

/** `demand` is left out: only our own checks use it. */
function toProperty({ isSecret, isAlwaysShown, demand: _demand, ...schema }: ConfigMember, order: number): object {
  return { ...schema, ...(isSecret && { airbyte_secret: true }), ...(isAlwaysShown && { always_show: true }), order }
}

/**
 * Intercom's OAuth: no scopes (they are ticked on the app), no refresh token, no expiry. The platform fills in the
 * names in double braces.
 */
const oauth = {
  auth_flow_type: 'oauth2.0',
  oauth_config_specification: {
    oauth_connector_input_specification: {
      consent_url:
        'https://app.intercom.com/a/oauth/connect?{{ client_id_key }}={{ client_id_value }}' +
        '&{{ redirect_uri_key }}={{ {{redirect_uri_value}} | urlEncoder }}&response_type=code' +
        '&{{ state_key }}={{ state_value }}',
      access_token_url: 'https://api.intercom.io/auth/eagle/token',
      access_token_headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      access_token_params: {
        '{{ auth_code_key }}': '{{ auth_code_value }}',
        '{{ client_id_key }}': '{{ client_id_value }}',
        '{{ client_secret_key }}': '{{ client_secret_value }}',
      },
      extract_output: ['access_token'],
    },
    complete_oauth_output_specification: {
      type: 'object',
      required: ['access_token'],
      properties: { access_token: { type: 'string', path_in_connector_config: ['access_token'] } },
    },
  },
}
