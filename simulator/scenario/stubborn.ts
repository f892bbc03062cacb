import type { Simulator } from '../app.ts'
import { integerBetween, pick, type Random } from '../random.ts'

/** A record on which Intercom fails for as long as a sync lasts, however often and in whatever way it is requested. */
export interface Stubborn {
  stream: 'contacts' | 'conversations' | 'companies' | 'tickets'
  /** The lists inside the record, its children, or every page of a search that it is on. */
  of: 'lists' | 'children' | 'page'
  /** Which of the stream's records at that time: from 0, the oldest, to 1. */
  place: number
  status: number
}

const kinds: readonly Pick<Stubborn, 'stream' | 'of'>[] = [
  { stream: 'contacts', of: 'lists' },
  { stream: 'conversations', of: 'children' },
  { stream: 'companies', of: 'children' },
  { stream: 'contacts', of: 'page' },
  { stream: 'conversations', of: 'page' },
  { stream: 'tickets', of: 'page' },
]
const statuses = [500, 503, 504]
const lists = ['tags', 'notes', 'companies', 'subscriptions']

/** One sync in five has some. */
export function drawStubborn(random: Random): Stubborn[] {
  if (random() >= 0.2) return []
  return Array.from({ length: integerBetween(random, 1, 4) }, () => ({
    ...pick(random, kinds),
    place: random(),
    status: pick(random, statuses),
  }))
}

/** Makes Intercom fail on the record until the script of faults is cleared and the first traps are set again. */
export function setStubborn({ workspace, faults }: Simulator, { stream, of, place, status }: Stubborn): void {
  const records = workspace.collection(stream).latest()
  const id = records[Math.floor(place * records.length)]?.plan.id
  if (id === undefined) return
  if (of === 'page') faults.traps = [...faults.traps, { stream, holds: id, status }]
  else {
    const children = stream === 'companies' ? [`/companies/${id}/segments`] : [`/conversations/${id}`]
    const paths = of === 'lists' ? lists.map((list) => `/contacts/${id}/${list}`) : children
    faults.next(paths.map((path) => ({ match: { path }, status, repeat: Number.POSITIVE_INFINITY })))
  }
}
