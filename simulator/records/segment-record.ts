import { createRandom, integerBetween, pick } from '../random.ts'
import { objectId } from './object-id.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from './record-definition.ts'

const segmentKey = 13
const names = ['Active', 'New', 'Slipping away &amp; gone', 'Größte Kunden', '休眠'] as const

function planSegment(index: number, setting: RecordSetting): RecordPlan {
  const { from, to } = setting.span
  const random = createRandom(setting.seed, segmentKey, index)
  const updatedAt = integerBetween(random, from, to)
  const createdAt = integerBetween(random, from, updatedAt + 1)
  return { index, id: objectId(setting.seed, segmentKey, index, createdAt), createdAt, updatedAt, revision: 0 }
}

function planCreatedSegment(index: number, now: number, setting: RecordSetting): RecordPlan {
  return { index, id: objectId(setting.seed, segmentKey, index, now), createdAt: now, updatedAt: now, revision: 0 }
}

/** The id of the index-th segment at the start. */
export function segmentId(index: number, setting: RecordSetting): string {
  return planSegment(index, setting).id
}

function renderSegment({ index, id, createdAt, updatedAt, revision }: RecordPlan, setting: RecordSetting): string {
  const name = `${names[index % names.length]} ${index}`
  return JSON.stringify({
    type: 'segment',
    id,
    name: revision === 0 ? name : `${name} r${revision}`,
    created_at: createdAt,
    updated_at: updatedAt,
    person_type: pick(createRandom(setting.seed, segmentKey, index, 7), ['contact', 'user']),
  })
}

const renderCount = ({ index, revision }: RecordPlan, setting: RecordSetting): string =>
  `"count":${integerBetween(createRandom(setting.seed, segmentKey, index, revision, 8), 0, 5_000)}`

/** Segments as `GET /segments` gives them; a count only with `include_count`. */
export const segmentDefinition: RecordDefinition = {
  stream: 'segments',
  plan: planSegment,
  planCreated: planCreatedSegment,
  render: renderSegment,
  renderExtra: renderCount,
  dated: true,
}
