import { api, resultOf } from '../api/client.ts'
import type { RecordPage } from '../api/types.ts'
import { parseExactly } from './exact-json.ts'

export interface RecordQuery {
  jobId: number
  stream: string
  /** Only records that belong to this record of the parent stream. */
  parentId?: string | undefined
  /** Only records with this primary key; empty = all. */
  id: string
  cursor?: string | undefined
}

const pageSize = 20

/** A page of the newest records, with all their digits. */
export async function loadRecords(
  { jobId, stream, parentId, id, cursor }: RecordQuery,
  signal?: AbortSignal,
): Promise<RecordPage> {
  const query = {
    stream,
    limit: pageSize,
    ...(parentId !== undefined && { parentId }),
    ...(id !== '' && { id }),
    ...(cursor !== undefined && { cursor }),
  }
  const params = { path: { jobId }, query }
  const text = await resultOf(
    api.GET('/v1/jobs/{jobId}/records', { params, parseAs: 'text', ...(signal && { signal }) }),
  )
  return parseExactly(text) as RecordPage
}
