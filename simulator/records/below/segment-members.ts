import type { RecordPlan } from '../record-definition.ts'

/** Every third contact is in a segment; who that is moves with the contact's changes. */
export const isInSegment = ({ index, revision }: Pick<RecordPlan, 'index' | 'revision'>, segment: number): boolean =>
  (index + revision + segment) % 3 === 0

/** A segment's place in the order of creation, from its id. */
export const segmentIndexOf = (id: string): number => Number.parseInt(id.slice(-8), 16)
