import { USERS } from './scopes.ts'

/** A list inside a record that has an endpoint of its own. */
export interface CutListTraits {
  /** The record's member that holds the list. */
  member: string
  /** Where all of it is, with `{id}` for the record's. Lists of one path share its answer. */
  path: string
  /** Permission that path takes, in Intercom's words. */
  scope: string
  /** It comes in pages by number. */
  paged?: true
  /** The path gives items of several lists: this one's have this text as the value of that member. */
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
