import { api, resultOf } from '../api/client.ts'
import type { RecordPage } from '../api/types.ts'
import { parseExactly } from './exact-json.ts'

export interface RecordQuery {
  jobId: number
  stream: string
  /** Only rows that belong to this row of the parent stream. */
  parentId?: string | undefined
  /** Only rows with this primary key; empty = all. */
  id: string
  cursor?: string | undefined
}

const pageSize = 20

/** A page of the rows delivered last, with all their digits. */
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
