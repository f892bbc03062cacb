import { LARGEST_PAGE } from '../../intercom/endpoints/search-query.ts'
import { findCutList } from '../../intercom/text/cut-list.ts'
import { isObject, parseJson } from '../../json-object.ts'
import type { DerivedTraits } from '../../streams/entries/derived-traits.ts'
import type { StreamEntry } from '../../streams/table.ts'
import { inlineChildren } from '../completion/children.ts'
import { countedChildren, shownChildren } from '../completion/shown-children.ts'
import { countRows } from '../streams/derived-rows.ts'
import { counted, type Figure, guessed, unknownFigure } from './figures.ts'
import type { SampleRow } from './sample-rows.ts'

/** What a record brings with it, as far as its own text says. */
interface RowFigures {
  /** Child records. */
  children: number
  /** Requests of its own. */
  requests: number
}

/** What a parent brings for its child stream; undefined when its record does not say. */
export function childFigures(
  entry: StreamEntry,
  root: StreamEntry,
  { answer, row }: SampleRow,
): RowFigures | undefined {
  const { inline, isSingle, members, batch, counter, mostChildren = Number.POSITIVE_INFINITY } = entry.child ?? {}
  if (inline) {
    const found = inlineChildren(entry, answer, row)
    return found ? { children: found.answer.records?.length ?? 0, requests: 0 } : { children: 0, requests: 1 }
  }
  const shown = countedChildren(entry, answer, row)
  if (shown !== undefined) return { children: shown, requests: shown > 0 ? 1 : 0 }
  if (isSingle) return { children: 1, requests: 1 }
  if (members) {
    const found = Number(recordOf(answer.body, row.record)?.count ?? Number.NaN)
    return Number.isNaN(found) ? undefined : { children: found, requests: Math.max(1, Math.ceil(found / LARGEST_PAGE)) }
  }
  if (batch) {
    const isAsked = recordOf(answer.body, row.record)?.[batch.by] != null
    return isAsked ? { children: 1, requests: 1 / batch.most } : { children: 0, requests: 0 }
  }
  if (root.filtered?.shownChildren) return { children: shownChildren(root, answer, row), requests: 1 }
  const [member = '', name = ''] = counter ?? []
  const span = row.record.members.get(member)
  const counters = span && parseJson(answer.body.subarray(span.start, span.end))
  // The counter takes in the parent's own opening.
  const count = isObject(counters) ? Number(counters[name] ?? Number.NaN) - 1 : Number.NaN
  return Number.isNaN(count) ? undefined : { children: Math.min(Math.max(0, count), mostChildren), requests: 1 }
}

function recordOf(body: Buffer, { start, end }: SampleRow['row']['record']): Record<string, unknown> | undefined {
  const record = parseJson(body.subarray(start, end))
  return isObject(record) ? record : undefined
}

/**
 * The requests that complete a record's cut lists: lists with the same path share one.
 *
 * @param isWanted whether a list has to be whole
 */
export function listRequests(
  { search }: StreamEntry,
  { answer, row }: SampleRow,
  isWanted: (member: string) => boolean,
): number {
  const lists = (search?.cutLists ?? []).filter(({ member }) => isWanted(member))
  const cut = lists.filter(({ member }) => findCutList(answer.body, row.record, member))
  return new Set(cut.map(({ path }) => path)).size
}

/** How many rows are inside a record, as far as it shows them. */
export function rowsInside(derived: DerivedTraits, { answer, row: { record } }: SampleRow): number {
  return countRows(derived, answer.body.subarray(record.start, record.end))
}

/**
 * What all records bring, when some bring so much each.
 *
 * @param values one for each record looked at
 * @param all how many there are; undefined when all have been looked at
 */
export function projected(values: readonly number[], all: Figure | undefined): Figure {
  const sum = values.reduce((total, value) => total + value, 0)
  if (all === undefined) return counted(Math.ceil(sum))
  if (all.count === 0) return { ...all }
  if (values.length === 0 || all.basis === 'unknown') return unknownFigure
  return guessed((sum / values.length) * all.count)
}
