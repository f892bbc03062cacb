import { rulesOf } from '../../simulator/oracle/stream-rules.ts'
import { parentOf } from '../../src/streams/parent.ts'
import { findStream, rootOf } from '../../src/streams/table.ts'
import { recordsOf } from '../support/engine.ts'
import type { Wish } from './draw-selection.ts'

/** A row of a table, or its tombstone. */
interface TableRow {
  /** Its own cursor, or that of the record that it belongs to. */
  cursor: number
  isDeleted: boolean
  /** The record that it belongs to, and when that was updated when the row came. */
  parent?: { stream: string; id: string; updatedAt: number; isChild: boolean }
}

/** What is judged of one stream. */
interface Told {
  stream: string
  /** Keys of rows that there are. */
  living: ReadonlySet<string>
  /** Keys of rows that may be there or not. */
  optional: ReadonlySet<string>
  /** Whether syncs are told nothing of what became of a record of the stream's root. */
  isUntold: (rootId: string, key: string) => boolean
}

/**
 * Tables of a destination that deduplicates: of each key the row that is highest, by the time of the record that it
 * belongs to or by its own cursor; no row that has a tombstone, and none below a record that has one. Of the rows inside a
 * record those that came with its latest version are there, of the children of a record those that came last.
 */
export class Destination {
  readonly #tables: ReadonlyMap<string, Map<string, TableRow>>

  /** Only of streams that are read by increments, together with those that they belong to. */
  constructor(streams: readonly Wish[]) {
    const synced = new Set(streams.flatMap(({ name, syncMode }) => (syncMode === 'incremental' ? [name] : [])))
    const isWhole = (name: string): boolean => {
      const entry = findStream(name)
      const parent = parentOf(name)
      return synced.has(name) && entry?.cursor !== undefined && (parent === undefined || isWhole(parent.name))
    }
    const names = [...synced].filter((name) => {
      const entry = findStream(name)
      return entry && rootOf(entry).tombstones && isWhole(name)
    })
    this.#tables = new Map(names.map((name) => [name, new Map()]))
  }

  get streams(): string[] {
    return [...this.#tables.keys()]
  }

  take(messages: Buffer): void {
    for (const [stream, table] of this.#tables) {
      const { key } = rulesOf(stream)
      const { cursor: member = 'updated_at' } = findStream(stream) ?? {}
      const parent = parentOf(stream)
      for (const record of recordsOf(messages, stream)) {
        const name = key(record)
        const isDeleted = record._ab_cdc_deleted_at !== undefined
        const cursor = Number(record.parent_updated_at ?? record[member] ?? 0)
        if (cursor < (table.get(name)?.cursor ?? 0)) continue
        const above = parent && {
          stream: parent.name,
          id: String(record[parent.idMember]),
          updatedAt: Number(record.parent_updated_at),
          isChild: findStream(stream)?.child !== undefined,
        }
        table.set(name, { cursor, isDeleted, ...(above && { parent: above }) })
      }
    }
  }

  /** What should not be in a table, and what should, in words. */
  faults({ stream, living, optional, isUntold }: Told): string[] {
    const table = this.#tables.get(stream) ?? new Map<string, TableRow>()
    const newest = newestByParent(table)
    const isChild = findStream(stream)?.child !== undefined
    const isLatest = ({ parent, cursor }: TableRow) => !isChild || cursor === newest.get(parent?.id ?? '')
    const kept = new Set([...table].flatMap(([key, row]) => (this.#isThere(row) && isLatest(row) ? [key] : [])))
    // When all children of a record have gone nothing comes.
    const withChildren = new Set([...living].map((key) => table.get(key)?.parent?.id))
    const left = [...kept].filter((key) => {
      const row = table.get(key)
      if (!row || living.has(key) || optional.has(key) || (isChild && !withChildren.has(row.parent?.id))) return false
      return !isUntold(this.#rootOf(key, row), key)
    })
    const lacking = [...living].filter((key) => !kept.has(key))
    const tell = (what: string, keys: string[]) =>
      keys.length === 0 ? [] : [`${keys.length} ${stream} ${what}: ${keys.slice(0, 3).join('; ')}`]
    return [...tell('stay in a table although they are gone', left), ...tell('are in no table', lacking)]
  }

  #isThere({ isDeleted, parent }: TableRow): boolean {
    if (isDeleted) return false
    if (!parent) return true
    const above = this.#tables.get(parent.stream)?.get(parent.id)
    if (!above || !this.#isThere(above)) return false
    return parent.isChild || above.cursor === parent.updatedAt
  }

  #rootOf(key: string, { parent }: TableRow): string {
    const above = parent && this.#tables.get(parent.stream)?.get(parent.id)
    return parent ? (above ? this.#rootOf(parent.id, above) : parent.id) : key
  }
}

/** When the children of each record came last, by the record's id. */
function newestByParent(table: ReadonlyMap<string, TableRow>): ReadonlyMap<string, number> {
  const newest = new Map<string, number>()
  for (const { parent, cursor, isDeleted } of table.values())
    if (parent && !isDeleted) newest.set(parent.id, Math.max(newest.get(parent.id) ?? 0, cursor))
  return newest
}
