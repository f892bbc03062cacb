/** A stream as data. A new stream is one entry here, one schema in `schemas/` and one fixture in the simulator. */
export interface StreamEntry {
  name: string
  path: string
  /** Keys from the answer's root to its records. */
  recordsPath: readonly string[]
  /** Fields that tell records of the stream apart, as paths. */
  primaryKey: readonly (readonly string[])[]
  /** Field that grows with every change, Unix seconds; only streams that have one can be read incrementally. */
  cursor?: 'updated_at'
  /** Permission of the access token, in Intercom's words. */
  scope: string
  /** Members Intercom writes now as a number, now as a string. */
  idMembers: readonly string[]
  /** Members that change without the record changing; the content hash leaves them out. */
  volatileMembers: readonly string[]
  /** Set for streams read through POST …/search; the others answer one GET with everything. */
  search?: SearchTraits
}

/** What is particular to a stream's search endpoint. */
export interface SearchTraits {
  /** How far behind its end a finished walk writes its cursor, because the search index lags. Seconds. */
  overlapSeconds: number
  /** Up to API 2.16 the search compares dates by calendar day in the workspace's time zone; from 2.17 by second. */
  byCalendarDay: boolean
}

export const streamTable: readonly StreamEntry[] = [
  {
    name: 'contacts',
    path: '/contacts/search',
    recordsPath: ['data'],
    primaryKey: [['id']],
    cursor: 'updated_at',
    scope: 'Read and list users and companies',
    idMembers: ['id', 'owner_id'],
    volatileMembers: [],
    search: { overlapSeconds: 3600, byCalendarDay: true },
  },
  {
    name: 'tags',
    path: '/tags',
    recordsPath: ['data'],
    primaryKey: [['id']],
    scope: 'Read tags',
    idMembers: ['id'],
    volatileMembers: [],
  },
]

export function findStream(name: string): StreamEntry | undefined {
  return streamTable.find((entry) => entry.name === name)
}
