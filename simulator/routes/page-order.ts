import type { RecordVersion } from '../records/record-version.ts'
import { sortKey } from '../search/sort-key.ts'
import type { EndpointContext } from './endpoint.ts'

/** Records in the given order. With `unstableTies`, those with the same value of the field change places every time. */
export function inPageOrder(
  records: RecordVersion[],
  field: string,
  { options, workspace }: EndpointContext,
): RecordVersion[] {
  if (!options.unstableTies) return records
  const places = new Map<number | string, number>()
  const entries = records.map((record) => {
    const { value } = sortKey(record, field)
    if (!places.has(value)) places.set(value, places.size)
    return { record, place: places.get(value) ?? 0, tie: workspace.tieRandom() }
  })
  return entries.sort((one, other) => one.place - other.place || one.tie - other.tie).map(({ record }) => record)
}
