import Type, { type Static } from 'typebox'
import { type ErrorCode, errorTable } from '../error-table.ts'
import type { JobFailure } from '../errors.ts'

/** The parts of a stream's progress and of a job's failure that job records and positions keep. */

const Count = Type.Number({ minimum: 0 })

export const StreamStatusSchema = Type.Enum(['STARTED', 'RUNNING', 'COMPLETE', 'INCOMPLETE'])

export const CompletenessSchema = Type.Object({
  counted: Type.Optional(Count),
  received: Type.Optional(Count),
  capped: Type.Optional(Count),
  deletedMeanwhile: Type.Optional(Count),
  tombstones: Type.Optional(Count),
  lateArrivals: Type.Optional(Count),
  restarts: Type.Optional(Count),
  retryIds: Type.Optional(Type.Array(Type.String())),
})

export const StreamProgressSchema = Type.Object({
  streamName: Type.String(),
  status: StreamStatusSchema,
  rowsSynced: Count,
  rowsEstimate: Type.Optional(Count),
  cursor: Type.Optional(Type.Number()),
  completeness: Type.Optional(CompletenessSchema),
})

/** A later version may have codes that this one does not know. */
export const KeptFailureSchema = Type.Object({
  code: Type.String(),
  message: Type.String(),
  failureType: Type.Enum(['config_error', 'transient_error', 'system_error']),
  streamName: Type.Optional(Type.String()),
})
export type KeptFailure = Static<typeof KeptFailureSchema>

/** A stored failure, as this version can report it. */
export function toKnownFailure(failure: KeptFailure): JobFailure {
  const { code } = failure
  return { ...failure, code: isErrorCode(code) ? code : 'internal_error' }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code)
}

/**
 * Version 2 of a stored position: some of its lists are stored beside it (see `Growth`). A process that knows only version
 * 1 would lose those lists, so it must refuse the position. A position without such lists is written as version 1.
 */
export const positionWithLists = 2
