import { createRandom, integerBetween } from '../random.ts'
import type { RecordPlan, RecordSetting } from './record-definition.ts'
import type { PartVersion } from './thread.ts'

const ticketKey = 21
const day = 86_400

/** The plan of a ticket also knows its state and, once they have changed, the parts that are shown inside it. */
export interface TicketPlan extends RecordPlan {
  updatedAt: number
  partCount: number
  firstParts: { count: number; until: number }
  state: string
  /** The newest 500, as they are in this version. @defaultValue those at the start */
  parts?: readonly PartVersion[]
}

/** In the order in which a ticket goes through them. */
export const ticketStates: readonly string[] = ['submitted', 'in_progress', 'waiting_on_customer', 'resolved']

/** Every fourth part at the start moves the ticket to its next state. */
export const movedEvery = 4

/** How many parts the long tickets have, around the cap of 500. These places (and every 20th after) are the long ones. */
const longLengths = [501, 640, 500] as const
const firstLong = 3
const longEvery = 20

/** How much younger the newest part is when a ticket is behind its parts, seconds. */
const behindBy = 158

/** The state after so many moves. */
export const stateAfter = (moves: number): string => ticketStates[moves % ticketStates.length] ?? 'submitted'

/** Ids are numeric texts of different lengths. They are not the numbers that people see. */
function ticketId(index: number): string {
  return String(index % 3 === 2 ? 215_474_300_000_000 + index * 1_013 : 633 + index * 7)
}

function partCount(index: number, setting: RecordSetting): number {
  const place = (index - firstLong) / longEvery
  if (Number.isInteger(place) && place >= 0 && place < setting.longTickets) {
    return longLengths[place % longLengths.length] ?? 0
  }
  const { from, to } = setting.partsPerConversation
  return integerBetween(createRandom(setting.seed, ticketKey, index, 1), from, to)
}

function planWith(index: number, createdAt: number, updatedAt: number, until: number, count: number): TicketPlan {
  const state = stateAfter(Math.floor(count / movedEvery))
  const times = { createdAt, updatedAt, revision: 0 }
  return { index, id: ticketId(index), ...times, partCount: count, firstParts: { count, until }, state }
}

/** Id and times of the index-th ticket at the start; some are older than their newest part. */
export function planTicket(index: number, setting: RecordSetting): TicketPlan {
  const { from, to } = setting.span
  const random = createRandom(setting.seed, ticketKey, index)
  const updatedAt = integerBetween(random, from, to)
  const createdAt = Math.max(0, updatedAt - integerBetween(random, 0, 20 * day))
  const until = random() < setting.ticketsBehindTheirParts ? updatedAt + behindBy : updatedAt
  return planWith(index, createdAt, updatedAt, until, partCount(index, setting))
}

/** Id and times of a ticket opened at `now`, Unix seconds. */
export function planCreatedTicket(index: number, now: number, setting: RecordSetting): TicketPlan {
  return planWith(index, now, now, now, partCount(index, setting))
}
