import type { CursorField } from '../../streams/entries/stream-entry.ts'
import type { Deletion } from './deletion-list.ts'

/** Airbyte's own name for the time at which a record was deleted: destinations that deduplicate remove such a row. */
const DELETED_AT = '_ab_cdc_deleted_at'

/**
 * The text of a tombstone: the key, the cursor, and when the record was deleted.
 *
 * @param key as its members are written inside an object
 * @param noticed when Intercom was asked, Unix seconds: no version of the record that has come is younger
 */
export function tombstoneText(
  key: string,
  { deletedAt, mergedInto }: Omit<Deletion, 'id'>,
  noticed: number,
  cursor: CursorField = 'updated_at',
): Buffer {
  const members = {
    [cursor]: Math.max(noticed, deletedAt ?? 0),
    [DELETED_AT]: new Date(1000 * (deletedAt ?? noticed)).toISOString(),
    ...(mergedInto !== undefined && { merged_into_id: mergedInto }),
  }
  return Buffer.from(`{${key},${JSON.stringify(members).slice(1)}`)
}
