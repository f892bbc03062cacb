import type { SimulatorOptions } from '../options.ts'
import { createRandom } from '../random.ts'
import type { RecordVersion } from '../records/record-version.ts'

const aheadKey = 29

/**
 * Which records of a stream the search shows with their newest text although the index still has them at an older
 * place.
 */
export function aheadOfIndex(
  stream: string,
  { aheadOfIndex: given, seed }: Required<SimulatorOptions>,
): (record: RecordVersion) => boolean {
  const share = typeof given === 'number' ? given : ((Object.hasOwn(given, stream) ? given[stream] : undefined) ?? 0)
  if (share <= 0) return () => false
  // Decided once for each record: it depends only on the record's id.
  return ({ plan: { id } }) => createRandom(seed, aheadKey, ...Buffer.from(id))() < share
}
