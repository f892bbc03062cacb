import { USERS } from './scopes.ts'

/** A list inside a record that has an endpoint of its own. */
export interface CutListTraits {
  /** The record's member that holds the list. */
  member: string
  /** The path of the whole list, with `{id}` for the record's id. Lists with the same path share its answer. */
  path: string
  /** The permission that the path needs, in Intercom's words. */
  scope: string
  /** The list comes in pages by number. */
  paged?: true
  /** The path returns items of several lists. Those of this list have this text as the value of that member. */
  only?: { member: string; value: string }
}

const subscriptions = { path: '/contacts/{id}/subscriptions', scope: USERS }

/** The lists inside a contact. */
export const contactLists: readonly CutListTraits[] = [
  { member: 'tags', path: '/contacts/{id}/tags', scope: 'Read tags' },
  { member: 'notes', path: '/contacts/{id}/notes', scope: USERS, paged: true },
  { member: 'companies', path: '/contacts/{id}/companies', scope: USERS, paged: true },
  { ...subscriptions, member: 'opted_out_subscription_types', only: { member: 'consent_type', value: 'opt_out' } },
  { ...subscriptions, member: 'opted_in_subscription_types', only: { member: 'consent_type', value: 'opt_in' } },
]
