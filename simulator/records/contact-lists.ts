import { createRandom, integerBetween, type Random } from '../random.ts'
import { companyId } from './company-record.ts'
import type { RecordPlan, RecordSetting } from './record-definition.ts'
import { firstTagId } from './tag-ids.ts'

/** Lists inside a contact hold at most ten references; `has_more` and `total_count` show that there are more. */
const shown = 10

/** The lists inside a contact, as its members are named. */
export type ContactList =
  | 'tags'
  | 'notes'
  | 'companies'
  | 'opted_out_subscription_types'
  | 'opted_in_subscription_types'

interface ListTraits {
  type: 'tag' | 'note' | 'company' | 'subscription'
  path: string
  /** The share of contacts whose list is not empty. */
  share: number
  /** Which of the existing ids the list has; `most` limits how many. */
  idAt: (first: number, place: number, setting: RecordSetting) => string
  most: (setting: RecordSetting) => number
}

const many = (): number => Number.POSITIVE_INFINITY

const lists: Record<ContactList, ListTraits> = {
  tags: {
    type: 'tag',
    path: 'tags',
    share: 0.4,
    idAt: (first, place, { tagCount }) => String(firstTagId + ((first + place) % tagCount)),
    most: ({ tagCount }) => tagCount,
  },
  notes: { type: 'note', path: 'notes', share: 0.1, idAt: (first, place) => String(first + place), most: many },
  companies: {
    type: 'company',
    path: 'companies',
    share: 0.3,
    idAt: (first, place, setting) => companyId((first + place) % setting.companyCount, setting),
    most: ({ companyCount }) => companyCount,
  },
  opted_out_subscription_types: {
    type: 'subscription',
    path: 'subscriptions',
    share: 0.05,
    idAt: (_first, place) => String(91 + place),
    most: many,
  },
  opted_in_subscription_types: {
    type: 'subscription',
    path: 'subscriptions',
    share: 0.1,
    idAt: (_first, place) => String(291 + place),
    most: many,
  },
}

export const contactListNames = Object.keys(lists) as ContactList[]

/** Most lists are empty or short; a few are longer than the shown part. */
function listLength(random: Random, share: number, longLists: number): number {
  const draw = random()
  if (draw < longLists) return integerBetween(random, shown + 1, shown + 5)
  return draw < share ? integerBetween(random, 1, 3) : 0
}

type ListPlan = Pick<RecordPlan, 'index' | 'revision'>

/** All ids in a list of a contact, whether or not the contact shows them. */
export function contactListIds(name: ContactList, plan: ListPlan, setting: RecordSetting): string[] {
  const { share, idAt, most } = lists[name]
  const random = createRandom(setting.seed, 6, plan.index, plan.revision, contactListNames.indexOf(name))
  const first = integerBetween(random, 1, 1_000_000)
  const drawn = listLength(random, share, setting.longLists)
  const length = Math.min(most(setting), setting.listLengths[name]?.[plan.index] ?? drawn)
  return Array.from({ length }, (_, place) => idAt(first, place, setting))
}

/** All items in a list of a contact, written in the same way as the ones inside the contact. */
export function contactListItems(name: ContactList, plan: ListPlan, setting: RecordSetting): object[] {
  const { type } = lists[name]
  const ids = contactListIds(name, plan, setting)
  return ids.map((id) => ({ type, id, url: `/${type === 'company' ? 'companies' : `${type}s`}/${id}` }))
}

/** A list as the contact shows it; tags that were removed from the workspace are still counted. */
export function nestedList(name: ContactList, plan: RecordPlan, setting: RecordSetting): object {
  const items = contactListItems(name, plan, setting)
  const total = items.length + (name === 'tags' && items.length > 0 ? setting.removedTags : 0)
  return {
    type: 'list',
    data: items.slice(0, shown),
    url: `/contacts/${plan.id}/${lists[name].path}`,
    total_count: total,
    has_more: total > shown,
  }
}
