import { Type } from 'typebox'
import { pageParameters } from '../bodies/list-schemas.ts'
import { epochParameter } from '../bodies/schemas.ts'

/** Schemas of the records of a job. */

export const recordsQuery = Type.Object(
  {
    stream: Type.String({ minLength: 1, maxLength: 200, description: 'A stream of the job' }),
    id: Type.Optional(
      Type.String({
        maxLength: 2000,
        description:
          'Only records with this primary key. Of a stream whose key has several members: a JSON array of their values, ' +
          'in the order of the key, e.g. `["company","name"]`',
      }),
    ),
    parentId: Type.Optional(
      Type.String({
        maxLength: 2000,
        description:
          'Only records that belong to this record of the parent stream, e.g. the parts of one conversation. For streams ' +
          'of which the job tells a `parentStream`',
      }),
    ),
    ...pageParameters,
    cursor: Type.Optional(
      Type.String({ pattern: '^[0-9]{1,15}:.{1,200}$', description: 'The `next` of the previous page' }),
    ),
    epoch: epochParameter,
  },
  { additionalProperties: false },
)

export const recordPageSchema = Type.Object(
  {
    data: Type.Array(
      Type.Object(
        {
          offset: Type.Integer({ minimum: 1, description: 'Offset of its message in the log' }),
          stream: Type.String(),
          emitted_at: Type.Integer({ description: 'Ms since the epoch' }),
          data: Type.Object({}, { additionalProperties: true, description: 'The record, exactly as in the log' }),
        },
        { additionalProperties: true, description: 'The `record` of an Airbyte message, and its offset' },
      ),
    ),
    messagesLeft: Type.Integer({
      minimum: 0,
      description: 'Messages before those that were looked at; 0 at the beginning of the log',
    }),
    next: Type.Optional(
      Type.String({
        description:
          'Pass it as `cursor` to look further back; absent at the beginning of the log. A page may be empty and have one',
      }),
    ),
  },
  { $id: 'RecordPage', title: 'RecordPage' },
)
