import { createRandom, integerBetween } from '../random.ts'
import type { RecordPlan, RecordSetting } from './record-definition.ts'

const conversationKey = 16
const day = 86_400

/** The plan of a conversation also knows its parts. */
export interface ConversationPlan extends RecordPlan {
  updatedAt: number
  partCount: number
  firstParts: { count: number; until: number }
}

/** `GET /conversations/{id}` gives a limited number of parts: these lengths are around that limit. */
const longLengths = [501, 640, 500, 777] as const
/** The conversations at these places (and every 50th after) are the long ones. */
const firstLong = 7
const longEvery = 50

/** Numeric texts of different lengths, so their order as text differs from their order in time. */
function conversationId(index: number): string {
  const starts: readonly [number, number][] = [
    [5, 1],
    [215_474_207_312_016, 1009],
    [100_000_000, 7],
    [10_000_000_000, 11],
  ]
  const [start, step] = starts[index % starts.length] ?? [0, 1]
  return String(start + index * step)
}

function partCount(index: number, setting: RecordSetting): number {
  const { from, to } = setting.partsPerConversation
  const place = (index - firstLong) / longEvery
  if (Number.isInteger(place) && place >= 0 && place < setting.longConversations) {
    return longLengths[place % longLengths.length] ?? 0
  }
  return integerBetween(createRandom(setting.seed, conversationKey, index, 1), from, to)
}

/** Id and times of the index-th conversation at the start. */
export function planConversation(index: number, setting: RecordSetting): ConversationPlan {
  const { from, to } = setting.span
  const random = createRandom(setting.seed, conversationKey, index)
  const updatedAt = integerBetween(random, from, to)
  const createdAt = Math.max(0, updatedAt - integerBetween(random, 0, 30 * day))
  return planWith(index, createdAt, updatedAt, setting)
}

/** Id and times of a conversation opened at `now`, Unix seconds. */
export function planCreatedConversation(index: number, now: number, setting: RecordSetting): ConversationPlan {
  return planWith(index, now, now, setting)
}

function planWith(index: number, createdAt: number, updatedAt: number, setting: RecordSetting): ConversationPlan {
  const count = partCount(index, setting)
  const id = conversationId(index)
  return { index, id, createdAt, updatedAt, revision: 0, partCount: count, firstParts: { count, until: updatedAt } }
}
