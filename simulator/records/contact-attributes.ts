import { createRandom, integerBetween } from '../random.ts'
import type { RecordPlan } from './record-definition.ts'

/**
 * The custom attribute that the workspace declares as a date; the search compares it by calendar day in every version.
 */
export const dateAttribute = 'custom_attributes.renewal_at'

/**
 * The text of a contact's custom attributes: every JSON type, and a number that distinguishes the versions of a
 * contact.
 */
export function customAttributes(plan: RecordPlan, seed: number): string {
  const random = createRandom(seed, 3, plan.index, plan.revision)
  return JSON.stringify({
    plan: plan.index % 3 === 0 ? 'Pro &amp; Team' : 'Free',
    seats: integerBetween(random, 1, 500),
    spend: Math.round(random() * 100_000) / 100,
    trial: random() < 0.3,
    reason: null,
    renewal_at: plan.createdAt + 365 * 86_400,
    limits: { exports: integerBetween(random, 0, 10) },
    labels: ['früh', 'VIP'].slice(0, integerBetween(random, 0, 3)),
    revision: plan.revision,
  })
}
