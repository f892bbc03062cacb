import { createRandom, integerBetween, type Random } from '../../random.ts'
import type { RecordDefinition, RecordPlan, RecordSetting } from '../record-definition.ts'

/** A list whose records have nothing to do with those of other streams: all that tells it from the next one. */
export interface PlainList {
  /** Tells its random numbers from those of other streams. */
  key: number
  /** Ids are numbers from here on. @defaultValue 100 times the key */
  firstId?: number
  /** So many records in a row were changed in one second, as an import does it. @defaultValue 1 */
  together?: number
  /** Records without times of their own. @defaultValue they have times */
  isTimeless?: true
  /** The versions that changed the text, ascending. @defaultValue none: one text for all versions */
  shapes?: readonly string[]
  /** The record as an object. @param random always the same for one state of one record */
  members(random: Random, plan: RecordPlan, setting: RecordSetting, version: string): object
}

/** How the records of such a list are made. */
export function plainDefinition(
  stream: string,
  { key, firstId = 100 * key, together = 1, isTimeless, shapes, members }: PlainList,
): RecordDefinition {
  const planAt = (index: number, createdAt: number, updatedAt: number): RecordPlan => {
    const times = { createdAt, updatedAt: isTimeless ? null : updatedAt }
    return { index, id: String(firstId + 7 * index), ...times, revision: 0 }
  }
  return {
    stream,
    plan(index, { seed, span: { from, to } }) {
      const random = createRandom(seed, key, Math.floor(index / together))
      const updatedAt = integerBetween(random, from, to)
      return planAt(index, integerBetween(random, from, updatedAt + 1), updatedAt)
    },
    planCreated: (index, now) => planAt(index, now, now),
    render(plan, setting, version) {
      const random = createRandom(setting.seed, key, plan.index, plan.revision)
      return JSON.stringify(members(random, plan, setting, version))
    },
    dated: !isTimeless,
    ...(shapes && { shapes }),
  }
}

/** A text with the number of changes in it, so that each of them shows. */
export const revised = (text: string, { revision }: RecordPlan): string =>
  revision === 0 ? text : `${text} r${revision}`
