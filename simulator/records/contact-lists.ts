import { integerBetween, type Random } from '../random.ts'

/** Lists inside a contact hold at most ten references; `has_more` and `total_count` tell of the rest. */
const shown = 10

interface NestedList {
  type: 'list'
  data: { type: string; id: string; url: string }[]
  url: string
  total_count: number
  has_more: boolean
}

const listPaths = { tag: '/tags', note: '/notes', company: '/companies', subscription: '/subscriptions' } as const

function nestedList(url: string, type: keyof typeof listPaths, ids: string[]): NestedList {
  return {
    type: 'list',
    data: ids.slice(0, shown).map((id) => ({ type, id, url: `${listPaths[type]}/${id}` })),
    url,
    total_count: ids.length,
    has_more: ids.length > shown,
  }
}

/** Most lists are empty or short, one in two hundred is longer than what is shown. */
function listLength(random: Random, share: number): number {
  const draw = random()
  if (draw < 0.005) return integerBetween(random, shown + 1, shown + 5)
  return draw < share ? integerBetween(random, 1, 3) : 0
}

const counted = (length: number, idAt: (place: number) => string): string[] =>
  Array.from({ length }, (_, place) => idAt(place))

/** The first tag has this id, the others follow. */
export const firstTagId = 102

export function tagList(contactId: string, random: Random, tagCount: number): NestedList {
  const first = integerBetween(random, 0, tagCount)
  const length = Math.min(tagCount, listLength(random, 0.4))
  const ids = counted(length, (place) => String(firstTagId + ((first + place) % tagCount)))
  return nestedList(`/contacts/${contactId}/tags`, 'tag', ids)
}

export function noteList(contactId: string, random: Random): NestedList {
  const first = integerBetween(random, 1, 1_000_000)
  const ids = counted(listLength(random, 0.1), (place) => String(first + place))
  return nestedList(`/contacts/${contactId}/notes`, 'note', ids)
}

export function companyList(contactId: string, random: Random): NestedList {
  const first = integerBetween(random, 1, 1_000_000)
  const ids = counted(listLength(random, 0.3), (place) => (0x667d_6000 + first + place).toString(16).padStart(24, '6'))
  return nestedList(`/contacts/${contactId}/companies`, 'company', ids)
}

export function subscriptionList(contactId: string, random: Random, share: number): NestedList {
  const ids = counted(listLength(random, share), (place) => String(91 + place))
  return nestedList(`/contacts/${contactId}/subscriptions`, 'subscription', ids)
}
