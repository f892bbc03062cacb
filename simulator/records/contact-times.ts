import { createRandom, integerBetween } from '../random.ts'
import { objectId } from './object-id.ts'
import type { RecordPlan, RecordSetting } from './record-definition.ts'

const day = 86_400
const contactKey = 1

/** One bulk edit changed every 50th contact, so they all share one second, as after an import. */
const bulkEvery = 50

/** Id and times of the index-th contact at the start. */
export function planContact(index: number, setting: RecordSetting): RecordPlan {
  const { from, to } = setting.span
  const random = createRandom(setting.seed, contactKey, index)
  const anywhere = integerBetween(random, from, to)
  const updatedAt = index % bulkEvery === bulkEvery - 1 ? Math.floor((from + to) / 2) : anywhere
  const createdAt = Math.max(0, updatedAt - integerBetween(random, 0, 400 * day))
  return { index, id: objectId(setting.seed, contactKey, index, createdAt), createdAt, updatedAt, revision: 0 }
}

/** Id and times of a contact created at `now`, Unix seconds. */
export function planCreatedContact(index: number, now: number, setting: RecordSetting): RecordPlan {
  return { index, id: objectId(setting.seed, contactKey, index, now), createdAt: now, updatedAt: now, revision: 0 }
}
