import { Type } from 'typebox'

/** How far a job has come with one stream. */

const count = (description: string) => Type.Integer({ minimum: 0, description })

const completenessSchema = Type.Object(
  {
    counted: Type.Optional(count("Intercom's counts of what has been read to its end")),
    received: Type.Optional(count('How many of those came')),
    capped: Type.Optional(count('Parents of which Intercom gives the newest children only')),
    deletedMeanwhile: Type.Optional(count('Parents deleted between being found and being read')),
    tombstones: Type.Optional(count('Tombstones delivered; they do not count as rows')),
    lateArrivals: Type.Optional(count('Records that Intercom showed only after an earlier sync had passed their time')),
    restarts: Type.Optional(count('How often the scroll of companies broke and began again')),
    retryIds: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Parents whose child records could not be read; the next sync tries them first',
      }),
    ),
  },
  { description: "Delivered records beside Intercom's own counts, in total since the start of the job" },
)

export const listedStreamSchema = Type.Object({
  streamName: Type.String(),
  parentStream: Type.Optional(
    Type.String({ description: 'The stream whose records these belong to; `parentId` finds those of one of them' }),
  ),
  primaryKey: Type.Optional(
    Type.Array(Type.String(), { description: 'Members of the key of its records, in order; absent where it is `id`' }),
  ),
  status: Type.String({ enum: ['STARTED', 'RUNNING', 'COMPLETE', 'INCOMPLETE'] }),
  rowsSynced: count('Records delivered, without tombstones'),
  rowsEstimate: Type.Optional(count("Intercom's own count at the start")),
  rate: Type.Optional(Type.Number({ minimum: 0, description: 'Records per second over the last half minute' })),
  eta: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'When its records will have come at this rate, where Intercom counts them',
    }),
  ),
  cursor: Type.Optional(Type.Integer({ description: "Cursor of the stream's latest STATE, Unix seconds" })),
  completeness: Type.Optional(completenessSchema),
})
