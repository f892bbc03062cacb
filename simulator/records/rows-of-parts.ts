import type { PartPlan } from './part-record.ts'
import { firstTagId } from './tag-ids.ts'

/** Who sent a part by e-mail, and to whom. Everybody else's parts have no e-mail. */
export function emailOf({ index, conversation, revision }: PartPlan): object | null {
  if (index % 5 !== 1) return null
  const to = Array.from({ length: 1 + (revision % 3) }, (_, place) => ({
    type: 'to',
    email_address: `team+${place}@example.com`,
    name: place === 0 ? 'Zoë &amp; co' : null,
  }))
  const from = { type: 'from', email_address: `person${conversation}@example.com`, name: null }
  return { subject: `Re: ${conversation}`, email_address_headers: [from, ...to], message_id: null }
}

/** Tags that were put on a part. A change of the part takes the first one away. */
export function partTags({ index, revision }: PartPlan): object[] {
  if (index % 4 !== 0) return []
  return Array.from({ length: 2 }, (_, place) => ({
    type: 'tag',
    id: String(firstTagId + place + revision),
    name: `tag ${place + revision}`,
  }))
}
