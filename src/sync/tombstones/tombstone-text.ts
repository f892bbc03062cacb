import type { MemberType } from '../../intercom/text/record-text.ts'
import type { Deletion } from './deletion-list.ts'

/** Airbyte's own name for the time at which a record was deleted: destinations that deduplicate remove such a row. */
const DELETED_AT = '_ab_cdc_deleted_at'

/**
 * The text of a tombstone: the key, the cursor, and when the record was deleted.
 *
 * @param noticed when Intercom was asked, Unix seconds: no version of the record that has come is younger
 * @param idType what the catalog declares the id as
 * @param parent the other part of the key of a child
 */
export function tombstoneText(
  { id, deletedAt, mergedInto }: Deletion,
  noticed: number,
  idType: MemberType | undefined,
  parent?: { name: string; id: string; type: MemberType | undefined },
): Buffer {
  const above = parent ? `${JSON.stringify(parent.name)}:${idText(parent.id, parent.type)},` : ''
  const cursor = Math.max(noticed, deletedAt ?? 0)
  const members = {
    updated_at: cursor,
    [DELETED_AT]: new Date(1000 * (deletedAt ?? noticed)).toISOString(),
    ...(mergedInto !== undefined && { merged_into_id: mergedInto }),
  }
  return Buffer.from(`{${above}"id":${idText(id, idType)},${JSON.stringify(members).slice(1)}`)
}

function idText(id: string, type: MemberType | undefined): string {
  return type === 'integer' && /^(?:0|[1-9][0-9]*)$/.test(id) ? id : JSON.stringify(id)
}
