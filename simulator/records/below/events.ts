import { createRandom, integerBetween, pick } from '../../random.ts'
import type { RecordPlan, RecordSetting } from '../record-definition.ts'

const eventKey = 62
const day = 86_400
const names = ['invited-friend', 'placed-order &amp; paid', 'größe-geändert'] as const
/** Intercom lists events that are younger. */
export const listedSeconds = 90 * day

/** What a contact did, newest first. */
export interface ContactEvent {
  name: string
  createdAt: number
  text: string
}

/** @param openedAt when the workspace began, Unix seconds: events lie before it */
export function contactEvents({ index, id }: RecordPlan, { seed }: RecordSetting, openedAt: number): ContactEvent[] {
  const random = createRandom(seed, eventKey, index)
  const length = index === 0 ? 60 : Math.max(0, integerBetween(random, -4, 4))
  const events = Array.from({ length }, (_, place): ContactEvent => {
    const name = pick(random, names)
    const createdAt = openedAt - 60 - place * 3601 - integerBetween(random, 0, 3600)
    const text = JSON.stringify({
      type: 'event',
      event_name: name,
      created_at: createdAt,
      user_id: `user-${index}`,
      // That of the contact: many events share it.
      id: `lead-${index}`,
      intercom_user_id: id,
      email: `contact${index}@example.com`,
      metadata: { invite_code: 'ADDAFRIEND', place: String(place) },
    })
    return { name, createdAt, text }
  })
  return events.sort((one, other) => other.createdAt - one.createdAt)
}
