import Type from 'typebox'
import { apiVersions, regions, tombstoneChoices } from '../airbyte/config-members.ts'

/** The sealed part of a request or of a connection, as it is read back. Unknown members of a config stay. */

const Json = Type.Record(Type.String(), Type.Unknown())

const Config = Type.Object({
  access_token: Type.String(),
  start_date: Type.Optional(Type.String()),
  lookback_window: Type.Optional(Type.Number()),
  region: Type.Optional(Type.Enum([...regions])),
  api_version: Type.Optional(Type.Enum([...apiVersions])),
  num_workers: Type.Optional(Type.Number()),
  api_rate_limit: Type.Optional(Type.Number()),
  api_rate_reserve: Type.Optional(Type.Number()),
  client_id: Type.Optional(Type.String()),
  client_secret: Type.Optional(Type.String()),
  activity_logs_time_step: Type.Optional(Type.Number()),
  migration_lookback: Type.Optional(Type.Number()),
  companies_scroll_days: Type.Optional(Type.Number()),
  tombstones: Type.Optional(Type.Enum([...tombstoneChoices])),
})

const ConfiguredStream = Type.Object({
  stream: Type.Object({ name: Type.String(), json_schema: Json }),
  sync_mode: Type.Enum(['full_refresh', 'incremental']),
  always_whole: Type.Optional(Type.Literal(true)),
  only_if_permitted: Type.Optional(Type.Literal(true)),
  primary_key: Type.Optional(Type.Array(Type.Array(Type.String()))),
  destination_sync_mode: Type.Optional(Type.String()),
})

const Catalog = Type.Object({ streams: Type.Array(ConfiguredStream) })

/** A `stream_state`. */
export const StreamStateSchema = Json

const OnMissingPermission = Type.Optional(Type.Literal('skip'))

export const ConnectionSettingsSchema = Type.Object({
  config: Config,
  catalog: Catalog,
  onMissingPermission: OnMissingPermission,
})

export const SyncRequestSchema = Type.Object({
  config: Config,
  catalog: Catalog,
  states: Type.Record(Type.String(), StreamStateSchema),
  onMissingPermission: OnMissingPermission,
  workspaceId: Type.Optional(Type.String()),
  until: Type.Optional(Type.Number()),
})

/**
 * The version of a request that an earlier version would carry out in another way: it would fail the job over a stream
 * that is to be left out. It hands such a job on to a process that knows this version.
 */
export const SKIPPING_VERSION = 2

/** The same for a request that reads only up to a time, which an earlier version would read to its end. */
export const BOUNDED_VERSION = 3

/** The same for a request whose streams `*` has brought: some are left out where the token may not read them. */
export const EVERY_STREAM_VERSION = 4

/** The same for a request that wants tombstones, of which an earlier version knows nothing. */
export const TOMBSTONES_VERSION = 5
