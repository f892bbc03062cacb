import { Ajv } from 'ajv'
import type { Evidence } from './evidence.ts'
import { type Point, unless } from './point.ts'
import { placesIn, propertyAt, typesOf } from './schema-walk.ts'

const isDraft07 = (schema: Record<string, unknown>) =>
  new Ajv({ strict: false, validateFormats: false }).validateSchema(schema) === true

/** A point on each discovered stream. */
const ofStreams =
  (faultsOf: (stream: Evidence['streams'][number]) => boolean): Point['faultsIn'] =>
  ({ streams }) =>
    streams.flatMap((stream) => unless(faultsOf(stream), stream.name))

/** A point on each schema within the streams' schemas. */
const ofSchemas =
  (holds: (schema: Record<string, unknown>) => boolean): Point['faultsIn'] =>
  ({ streams }) =>
    streams.flatMap(({ name, json_schema }) =>
      placesIn(json_schema, name).flatMap(({ path, schema }) => unless(holds(schema), path)),
    )

export const discoveryPoints: readonly Point[] = [
  {
    id: 'check-succeeds',
    words: 'check of a good config gives exactly one CONNECTION_STATUS, SUCCEEDED',
    faultsIn: ({ check }) =>
      unless(
        check.end === 'succeeded' &&
          check.messages.map((message) => message.connectionStatus?.status).join() === 'SUCCEEDED',
        check.lines.join('\n'),
      ),
  },
  {
    id: 'check-fails',
    words: 'check of a bad token gives exactly one CONNECTION_STATUS, FAILED with a reason, and ends well',
    faultsIn: ({ refusedCheck: { end, messages, lines } }) =>
      unless(
        end === 'succeeded' &&
          messages.map(({ connectionStatus }) => connectionStatus?.status).join() === 'FAILED' &&
          messages[0]?.connectionStatus?.message !== undefined,
        lines.join('\n'),
      ),
  },
  {
    id: 'check-exception',
    words: 'check without a verdict gives exactly one TRACE ERROR with a message; over HTTP a problem',
    faultsIn: ({ unreachable: { end, messages, lines, problem } }) =>
      unless(
        end === 'failed' &&
          (problem
            ? messages.length === 0 && problem.code === 'intercom_unavailable' && problem.detail !== ''
            : messages.length === 1 && messages[0]?.trace?.type === 'ERROR' && messages[0].trace.error?.message !== ''),
        lines.join('\n'),
      ),
  },
  {
    id: 'discover-one',
    words: 'discover gives exactly one CATALOG, and its streams are there once each',
    faultsIn: ({ discover, streams }) => [
      ...unless(discover.messages.map(({ type }) => type).join() === 'CATALOG', discover.lines.join('\n')),
      ...unless(streams.length > 0 && new Set(streams.map(({ name }) => name)).size === streams.length, 'the names'),
    ],
  },
  {
    id: 'discover-schemas',
    words: 'every schema is an object by draft-07, with properties',
    faultsIn: ofStreams(
      ({ json_schema }) =>
        typesOf(json_schema).includes('object') &&
        isDraft07(json_schema) &&
        Object.keys(json_schema.properties ?? {}).length > 0,
    ),
  },
  {
    id: 'discover-cursor',
    words: 'the default cursor field is in the schema',
    faultsIn: ofStreams(
      ({ json_schema, default_cursor_field: path }) => !path || propertyAt(json_schema, path) !== undefined,
    ),
  },
  {
    id: 'discover-key',
    words: 'every stream has a primary key, its parts are in the schema, and none can be an object or an array',
    faultsIn: ofStreams(({ json_schema, source_defined_primary_key: key = [] }) => {
      const parts = key.map((path) => propertyAt(json_schema, path))
      const isPart = (part: Record<string, unknown> | undefined) =>
        part !== undefined && !typesOf(part).some((type) => type === 'object' || type === 'array')
      return parts.length > 0 && parts.every(isPart)
    }),
  },
  {
    id: 'discover-modes',
    words: 'every stream has a sync mode',
    faultsIn: ofStreams(({ supported_sync_modes: modes }) => modes.length > 0),
  },
  {
    id: 'discover-keywords',
    words: 'no $ref, allOf or not in a schema',
    faultsIn: ofSchemas((schema) => !['$ref', 'allOf', 'not'].some((keyword) => Object.hasOwn(schema, keyword))),
  },
  {
    id: 'discover-additional',
    words: 'additionalProperties, where it is set, is true',
    faultsIn: ofSchemas(
      ({ additionalProperties }) => additionalProperties === undefined || additionalProperties === true,
    ),
  },
  {
    id: 'discover-resumable',
    words:
      'is_resumable is said of every stream, and is true where incremental is supported, with a cursor of the source',
    faultsIn: ofStreams(({ supported_sync_modes: modes, is_resumable, source_defined_cursor = false }) => {
      const isIncremental = modes.includes('incremental')
      return is_resumable === isIncremental && source_defined_cursor === isIncremental
    }),
  },
]
