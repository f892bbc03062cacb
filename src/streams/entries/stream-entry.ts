import type { ApiVersion } from '../../airbyte/source-config.ts'
import type { ObjectForm } from '../../intercom/text/record-text.ts'
import type { DerivedTraits } from './derived-traits.ts'
import type {
  ChildTraits,
  FilteredTraits,
  LogTraits,
  PeriodTraits,
  SearchTraits,
  TombstoneTraits,
} from './stream-traits.ts'

/** The members that can be the cursor of a stream. */
export const cursorFields = ['updated_at', 'created_at', 'parent_updated_at', 'deleted_at'] as const

/**
 * Field that grows with every change, or of records that never change with every record. Rows inside records have the
 * time of their record. Unix seconds.
 */
export type CursorField = (typeof cursorFields)[number]

/** A stream as data. A new stream is one entry here, one schema in `schemas/` and one fixture in the simulator. */
export interface StreamEntry {
  name: string
  /** From the root of Intercom's API; of a child stream the place of one parent's children, with `{id}` in it. */
  path: string
  query?: Readonly<Record<string, string>>
  /** Where the versions before one have it. @defaultValue where all have it */
  before?: { version: ApiVersion; path: string; query?: Readonly<Record<string, string>> }
  /** Keys from the answer's root to its records. */
  recordsPath: readonly string[]
  /** The list holds texts, not objects: each becomes a record with this member. */
  textsAs?: string
  /** Fields that tell records of the stream apart, as paths. */
  primaryKey: readonly (readonly string[])[]
  /** Only streams that have one can be read incrementally. */
  cursor?: CursorField
  /** Permission of the access token, in Intercom's words. */
  scope: string
  /** The version of Intercom's API that brought it. @defaultValue every version has it */
  since?: ApiVersion
  /** The stream is read, and its permission asked for, only when it is named. @defaultValue it is one of all streams */
  optIn?: true
  /** Some workspaces do not have it although their version does: it is offered only where it answers. @defaultValue all have it */
  mayBeAbsent?: true
  /** `*` does not bring it: it costs a request per parent, or its price cannot be told. @defaultValue its traits decide */
  onlyByName?: true
  /** Members Intercom writes now as a number, now as a string. */
  idMembers: readonly string[]
  /** Members that are objects in some of Intercom's API versions or workspaces, and texts in others. */
  objectMembers?: Readonly<Record<string, ObjectForm>>
  /** Members that change without the record changing; the content hash leaves them out. */
  volatileMembers: readonly string[]
  /** How far behind its end a finished walk writes its cursor, because Intercom shows changes late. Seconds. */
  overlapSeconds: number
  /** Set for streams read through POST …/search. */
  search?: SearchTraits
  /** Set for streams whose whole list is read each time and filtered by the cursor here: there is no search for them. */
  filtered?: FilteredTraits
  /** Set for streams that are asked for one stretch of time after the other. */
  periods?: PeriodTraits
  /** Set for streams that are read from where the last sync ended, by a cursor of Intercom's. */
  log?: LogTraits
  /** Set for streams whose records get tombstones, if the config asks for them. */
  tombstones?: TombstoneTraits
  /** Set for streams that are read parent by parent. */
  child?: ChildTraits
  /** Set for streams whose rows are inside the records of others. */
  derived?: DerivedTraits
}

/** Where a stream's records are searched. */
export function searchPathOf({ path, filtered }: Pick<StreamEntry, 'path' | 'filtered'>): string {
  return filtered?.changes?.path ?? path
}

/** What most entries have in common. */
export const plain = { idMembers: ['id'], volatileMembers: [], overlapSeconds: 300 } as const
