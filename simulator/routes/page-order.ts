import type { RecordVersion } from '../records/record-version.ts'
import { sortKey } from '../search/sort-key.ts'
import type { EndpointContext } from './endpoint.ts'

/** Records in the order given, or with those of one value of the field in an order that is another with every request. */
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
