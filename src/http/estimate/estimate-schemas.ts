import { type Static, Type } from 'typebox'
import type { StreamEstimate, SyncEstimate } from '../../sync/estimate/estimate-sync.ts'
import { bases, type Figure } from '../../sync/estimate/figures.ts'
import { connectionIdSchema } from '../bodies/list-schemas.ts'
import { exampleConfig } from '../bodies/payload-schemas.ts'

/** Schemas of estimates. */

export const estimateBody = Type.Object(
  {
    config: Type.Optional(Type.Ref('SourceConfig')),
    connectionId: Type.Optional(connectionIdSchema),
    catalog: Type.Optional(Type.Ref('Catalog')),
    streams: Type.Optional(Type.Ref('StreamList')),
    state: Type.Optional(Type.Ref('GivenStates')),
  },
  {
    additionalProperties: false,
    description:
      '`config` or `connectionId`; `catalog` or `streams` or neither; the `state` that the sync would continue from, ' +
      'else the acknowledged state of the connection',
    examples: [{ config: exampleConfig, streams: ['contacts', 'companies'] }],
  },
)

const basis = (of: string) =>
  Type.String({
    enum: [...bases],
    description:
      `Where the number of ${of} comes from: counted = Intercom counts, or every record was looked at; guessed = from ` +
      'a sample of records; unknown = there is nothing to go by, and no number',
  })

const figures = {
  rows: Type.Optional(Type.Integer({ minimum: 0, description: 'Records that the sync delivers' })),
  rowsBasis: basis('rows'),
  requests: Type.Optional(Type.Integer({ minimum: 0, description: 'Requests that it makes to Intercom' })),
  requestsBasis: basis('requests'),
  minutes: Type.Optional(
    Type.Number({
      minimum: 0,
      description:
        "These requests at the workspace's rate limit, or at `api_rate_limit` if that is lower. Streams of one sync " +
        'share the limit. Intercom may answer more slowly than its limit allows',
    }),
  ),
}

export const estimateSchema = Type.Object(
  {
    streams: Type.Array(
      Type.Object({
        streamName: Type.String(),
        ...figures,
        notes: Type.Array(Type.String(), { description: 'What the figures leave out or take for granted' }),
        problem: Type.Optional(
          Type.Object(
            {
              code: Type.String({ description: 'A code of the error table' }),
              detail: Type.String(),
            },
            { description: 'Why the stream cannot be read. The total leaves it out' },
          ),
        ),
      }),
    ),
    total: Type.Object(figures),
    rateLimit: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Requests that Intercom allows the token in 10 s' }),
    ),
    requestsMade: Type.Integer({ minimum: 0, description: 'Requests that this estimate has made' }),
  },
  { $id: 'Estimate', title: 'Estimate' },
)

type EstimateBody = Static<typeof estimateSchema>

export function toEstimateBody({ streams, total, rateLimit, requestsMade }: SyncEstimate): EstimateBody {
  return {
    streams: streams.map((stream) => {
      const { streamName, notes, problem } = stream
      return {
        streamName,
        ...toFigures(stream),
        notes,
        ...(problem && { problem: { code: problem.code, detail: problem.message } }),
      }
    }),
    total: toFigures(total),
    ...(rateLimit !== undefined && { rateLimit }),
    requestsMade,
  }
}

function toFigures({ rows, requests, minutes }: Omit<StreamEstimate, 'streamName' | 'notes'>): EstimateBody['total'] {
  return {
    ...(isKnown(rows) && { rows: Math.round(rows.count) }),
    rowsBasis: rows.basis,
    ...(isKnown(requests) && { requests: Math.round(requests.count) }),
    requestsBasis: requests.basis,
    ...(minutes !== undefined && { minutes: Math.ceil(minutes * 100) / 100 }),
  }
}

function isKnown({ basis: from }: Figure): boolean {
  return from !== 'unknown'
}
