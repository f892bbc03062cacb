/** The API versions that a config may pin. The default is 2.16 for everything except contact search. */
export const apiVersions = ['2.11', '2.12', '2.13', '2.14', '2.15', '2.16', '2.17'] as const
export type ApiVersion = (typeof apiVersions)[number]
export const defaultApiVersion: ApiVersion = '2.16'

/** Whether a version is `since` or newer. */
export function isSince(version: ApiVersion, since: ApiVersion): boolean {
  return apiVersions.indexOf(version) >= apiVersions.indexOf(since)
}

export const regions = ['auto', 'us', 'eu', 'au'] as const
export type Region = (typeof regions)[number]

export const tombstoneChoices = ['none', 'airbyte'] as const
export type Tombstones = (typeof tombstoneChoices)[number]

/** One member of the connector's config: how the spec shows it, and the rules for its value. */
export interface ConfigMember {
  title: string
  description: string
  type: 'string' | 'integer' | 'boolean'
  isSecret?: true
  /** Always shown although it is optional: Airbyte's forms hide optional members at first. */
  isAlwaysShown?: true
  enum?: readonly string[]
  minimum?: number
  maximum?: number
  /** A regular expression without delimiters; the checks and the spec both use it. */
  pattern?: string
  /** Only shown, never checked. In JSON Schema's words. */
  format?: 'date-time' | 'uri'
  default?: string | number | boolean
  examples?: readonly (string | number)[]
  /** Describes a right value, for the error message; needed where type and limits do not say it. */
  demand?: string
}

const ofApp =
  'of the Intercom app that people sign in with, where Airbyte signs them in. Syncs need the access token alone.'

/**
 * Every member that a config may have, in the order in which forms show them: first those of Airbyte's own
 * source-intercom, then ours, then the bridge's. Airbyte's members keep their names, defaults and limits, but some
 * limits are wider.
 */
export const configMembers = {
  access_token: {
    title: 'Access token',
    description:
      "Access token of the Intercom app: Developer Hub, your app, Configure, Authentication. It doesn't expire. " +
      'Left out only where connection_id names a connection of a service.',
    type: 'string',
    isSecret: true,
    isAlwaysShown: true,
    pattern: '^[\\x21-\\x7e]+$',
    demand: 'must be an Intercom access token: text without spaces',
  },
  client_id: { title: 'Client Id', description: `Client id ${ofApp}`, type: 'string', isSecret: true },
  client_secret: { title: 'Client Secret', description: `Secret ${ofApp}`, type: 'string', isSecret: true },
  activity_logs_time_step: {
    title: 'Activity logs stream slice step size (in days)',
    description: 'Days of the activity log that are asked for at a time.',
    type: 'integer',
    minimum: 1,
    maximum: 91,
    default: 30,
    examples: [30, 10, 5],
  },
  lookback_window: {
    title: 'Lookback window',
    description: 'Days by which an incremental sync starts before its state.',
    type: 'integer',
    minimum: 0,
    maximum: 36_500,
    default: 0,
    examples: [60],
  },
  start_date: {
    title: 'Start date',
    description: 'UTC date and time, inclusive. Records updated before it are not read. Left out: everything is read.',
    type: 'string',
    format: 'date-time',
    pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$',
    examples: ['2020-11-16T00:00:00Z'],
    demand: 'must be a UTC date and time such as 2024-01-31T00:00:00Z, or be left out to read everything',
  },
  num_workers: {
    title: 'Num Workers',
    description:
      'Requests to Intercom in flight at most. Left out, or 10: as many as the rate limit and the latency need.',
    type: 'integer',
    minimum: 1,
    maximum: 512,
    examples: [1, 100],
  },
  api_rate_limit: {
    title: 'API Rate Limit (requests per minute)',
    description: 'Requests per minute at most, kept per window of ten seconds. Left out: what Intercom allows.',
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    examples: [9500, 142_500],
  },
  region: {
    title: 'Region',
    description:
      "Which of Intercom's hosts is asked. auto is the US host, which routes to the region of the workspace.",
    type: 'string',
    enum: regions,
    default: 'auto',
  },
  api_version: {
    title: 'API version',
    description: `Version of Intercom's API for every request. Left out: ${defaultApiVersion}, and 2.17 for contact search where it is served.`,
    type: 'string',
    enum: apiVersions,
  },
  api_rate_reserve: {
    title: 'API rate reserve (percent)',
    description: 'Share of the rate limit left to other applications while they are seen to spend.',
    type: 'integer',
    minimum: 0,
    maximum: 90,
    default: 5,
  },
  migration_lookback: {
    title: 'Migration lookback (days)',
    description: 'Days to go back once when the state was written by another connector.',
    type: 'integer',
    minimum: 0,
    maximum: 3650,
    default: 31,
  },
  companies_scroll_days: {
    title: 'Companies: days between scrolls',
    description:
      'With api_version 2.17 an incremental sync reads changed companies by search, and all of them by the scroll once in so many days, because the search leaves out companies without users. 0: by the scroll in every sync.',
    type: 'integer',
    minimum: 0,
    maximum: 365,
    default: 7,
  },
  tombstones: {
    title: 'Tombstones',
    description:
      'airbyte: an incremental sync of contacts, conversations or companies delivers a record with _ab_cdc_deleted_at for each that is deleted or merged. Only for destinations that deduplicate.',
    type: 'string',
    enum: tombstoneChoices,
    default: 'none',
  },
  service_url: {
    title: 'Service URL',
    description: 'Address of an intercom-sync service that runs the syncs. Left out: they run in the connector itself.',
    type: 'string',
    format: 'uri',
    pattern: '^https?://[^\\s]+$',
    examples: ['https://intercom-sync.example.com'],
    demand: 'must be an address such as https://intercom-sync.example.com',
  },
  service_api_key: {
    title: 'Service API key',
    description: 'API key of the service.',
    type: 'string',
    isSecret: true,
    pattern: '^[\\x21-\\x7e]+$',
    demand: 'must be an API key: letters, digits and signs of ASCII, without spaces and line breaks',
  },
  connection_id: {
    title: 'Connection id',
    description:
      'Connection of the service whose config is used; no access token is needed here then, and none is sent.',
    type: 'string',
  },
  allow_insecure_http: {
    title: 'Allow insecure HTTP',
    description: 'Whether the service may be reached by plain HTTP beyond this machine.',
    type: 'boolean',
    default: false,
  },
} as const satisfies Record<string, ConfigMember>

export type ConfigMemberName = keyof typeof configMembers

/**
 * Without these, Intercom cannot be asked. The spec requires nothing, because a service may hold them
 * (`connection_id`).
 */
export const requiredMembers: readonly ConfigMemberName[] = ['access_token']

/** Only a connector that is a bridge to a service reads these. */
export const bridgeMembers = [
  'service_url',
  'service_api_key',
  'connection_id',
  'allow_insecure_http',
] as const satisfies readonly ConfigMemberName[]
