import type { DerivedList, DerivedTraits } from './derived-traits.ts'
import { plain, type StreamEntry } from './stream-entry.ts'
import { usualEntries } from './usual.ts'

/** A stream of rows inside records, as far as it does not follow from the stream whose records these are. */
interface DerivedStream extends Omit<DerivedTraits, 'from' | 'lists'>, Pick<StreamEntry, 'since'> {
  name: string
  from: DerivedTraits['from'] | string
  /** Keys from a record to the only list that holds rows. */
  path?: DerivedList['path']
  /** @defaultValue the list at `path` */
  lists?: readonly DerivedList[]
  /** The members that tell rows apart, after `parentKey` or `copied`. @defaultValue `id`, or `position` */
  key?: string
  /** Members that Intercom writes now as a number, now as a string. @defaultValue `id` */
  idMembers?: readonly string[]
}

/** The streams of rows that are inside the records of other streams. They take no request of their own. */
export const derivedEntries: readonly StreamEntry[] = [
  entryOf({ name: 'contact_tags', from: 'contacts', path: ['tags', 'data'], parentKey: 'contact_id' }),
  entryOf({ name: 'contact_companies', from: 'contacts', path: ['companies', 'data'], parentKey: 'contact_id' }),
]

/** Path, permission and cursor are those of the stream whose records hold the rows. */
function entryOf(stream: DerivedStream): StreamEntry {
  const { name, from, path, lists, key, idMembers, since, ...traits } = stream
  const parents = typeof from === 'string' ? ([from] as const) : from
  const parent = usualEntries.find((entry) => entry.name === parents[0])
  if (!parent) throw new Error(`${name} is derived from ${parents[0]}, which is no stream`)
  const { parentKey, copied = [], byPosition } = traits
  const parentMembers = parentKey === undefined ? copied : [parentKey]
  const sinceVersion = since ?? parent.since
  return {
    ...plain,
    name,
    path: parent.path,
    recordsPath: parent.recordsPath,
    primaryKey: [...parentMembers, key ?? (byPosition ? 'position' : 'id')].map((member) => [member]),
    ...(parent.cursor && { cursor: 'parent_updated_at' }),
    scope: parent.scope,
    ...(sinceVersion && { since: sinceVersion }),
    optIn: true,
    idMembers: idMembers ?? ['id'],
    derived: { ...traits, from: parents, lists: lists ?? (path ? [{ path }] : []) },
  }
}
