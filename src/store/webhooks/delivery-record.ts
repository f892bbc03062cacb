import Type, { type Static } from 'typebox'
import { parseStored } from '../../stored/stored-data.ts'

/** `failed`: no more tries follow, unless somebody asks for one. */
export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

/** Deliveries of one connection that are kept; beyond it the oldest give way, those that have ended first. */
export const mostDeliveries = 200

/** How long they are kept, ms. */
export const deliveriesKeptMs = 7 * 86_400_000

/** A delivery as it is kept. Times are ms since the epoch. */
const DeliveryRecord = Type.Object({
  event: Type.String(),
  jobId: Type.Optional(Type.Number()),
  /** The place of its webhook, see `placeOf`. */
  place: Type.String(),
  createdAt: Type.Number(),
  status: Type.Enum([...deliveryStatuses]),
  /** Tries, ever. */
  attempts: Type.Number(),
  /** Tries since it was made, or somebody asked for another, and when the first of them was. */
  tries: Type.Number(),
  since: Type.Optional(Type.Number()),
  /** When it is tried next; only of a pending one. */
  dueAt: Type.Optional(Type.Number()),
  lastAttemptAt: Type.Optional(Type.Number()),
  lastStatusCode: Type.Optional(Type.Number()),
  /** Why the latest try failed, in words. */
  failure: Type.Optional(Type.String()),
  /** The message with its address, sealed. */
  sealed: Type.String(),
})
export type DeliveryRecord = Static<typeof DeliveryRecord>

/** @throws StoredDataError */
export function readDeliveryRecord(deliveryId: string, text: string): DeliveryRecord {
  return parseStored(DeliveryRecord, text, `delivery ${deliveryId}`)
}
