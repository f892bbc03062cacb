import type { VersionChange } from '../records/collection.ts'
import type { RecordVersion } from '../records/record-version.ts'
import type { Predicate } from './predicate.ts'
import { SortedList } from './sorted-list.ts'

/** The records a search found, ascending: the places [start, end) of a sorted list. */
export interface SearchResult {
  list: SortedList
  start: number
  end: number
}

const resultsKept = 64
/** Above this many changes at once, sorting again is cheaper than moving each record. */
const changesMoved = 500

/**
 * What the search shows of one stream. Results are kept until the data changes, so a page of a known result needs no
 * scan.
 */
export class SearchIndex {
  #shown: Set<RecordVersion>
  #pending: VersionChange[] = []
  readonly #lists = new Map<string, SortedList>()
  readonly #results = new Map<string, SearchResult>()

  constructor(versions: Iterable<RecordVersion>) {
    this.#shown = new Set(versions)
  }

  /** Notes changes; the search shows each from its `visibleFrom`. */
  add(changes: readonly VersionChange[]): void {
    for (const change of changes) this.#pending.push(change)
  }

  /** Shows everything that has become visible by `now`, ms since the epoch. */
  advance(now: number): void {
    if (this.#pending.length === 0) return
    const due = this.#pending.filter((change) => change.visibleFrom <= now)
    if (due.length === 0) return
    this.#pending = this.#pending.filter((change) => change.visibleFrom > now)
    this.#results.clear()
    if (due.length > changesMoved) this.#lists.clear()
    for (const change of due) this.#show(change)
  }

  /** Forgets what searches have found, because something else has changed that they ask for. */
  forget(): void {
    this.#results.clear()
  }

  /** Every record shown, in ascending order of a field. */
  sortedBy(field: string): SortedList {
    let list = this.#lists.get(field)
    if (list === undefined) {
      list = new SortedList(field, this.#shown)
      this.#lists.set(field, list)
    }
    return list
  }

  /**
   * The records that match, in ascending order of `sortField`.
   *
   * @param identity a text that is equal for equal predicates
   */
  search(identity: string, predicate: Predicate, sortField: string): SearchResult {
    const name = `${sortField} ${identity}`
    let result = this.#results.get(name)
    if (result === undefined) {
      result = select(this.sortedBy(sortField), predicate)
      const oldest = this.#results.size >= resultsKept ? this.#results.keys().next().value : undefined
      if (oldest !== undefined) this.#results.delete(oldest)
    } else this.#results.delete(name)
    this.#results.set(name, result)
    return result
  }

  #show({ removed, added }: VersionChange): void {
    if (removed !== undefined && this.#shown.delete(removed)) {
      for (const list of this.#lists.values()) list.remove(removed)
    }
    if (added === undefined || !added.isListed) return
    this.#shown.add(added)
    for (const list of this.#lists.values()) list.insert(added)
  }
}

/** Narrows by the time ranges of the sort field. Reads each record only when the ranges do not decide everything. */
function select(list: SortedList, predicate: Predicate): SearchResult {
  const ranges = predicate.ranges.get(list.field)
  // -1 stands for null and is below every time, so a range without a lower end must exclude nulls.
  const spans = ranges?.map(({ from, to }) => ({
    start: list.valueBound(Math.max(0, from * 1000)),
    end: list.valueBound(to * 1000),
  })) ?? [{ start: 0, end: list.versions.length }]
  const [only] = spans
  if (ranges !== undefined && predicate.exact && only !== undefined && spans.length === 1) return { list, ...only }
  const found = spans.flatMap(({ start, end }) => list.versions.slice(start, end)).filter(predicate.test)
  return { list: new SortedList(list.field, found, true), start: 0, end: found.length }
}
