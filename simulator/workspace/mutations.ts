import type { Random } from '../random.ts'
import type { Collection, VersionChange } from '../records/collection.ts'
import type { RecordVersion } from '../records/record-version.ts'

/** A change of the workspace, all of it within one second. */
export interface Mutation {
  /**
   * `update` changes text and `updated_at`; with `ids` it changes just these records, with a high `count` it is a bulk
   * edit. Conversations and tickets also take `reply` (one more part), `edit` and `redact` (a part changes); tickets
   * take `move` (a part that changes the state); companies take `join` and `leave` (a segment); contacts can `merge`
   * into another, and can be archived or blocked (`archive`, `block`), purged for good (`purge`, also once they are
   * deleted) and come back (`unarchive`) unless they were merged or purged. All of these move `updated_at` too, except for the share of tickets that the workspace leaves behind
   * their parts. A `visit` only moves `last_request_at` of companies, by which their list is sorted. Deleted companies
   * stay in lists and scroll.
   */
  kind: MutationKind
  /** @defaultValue 'contacts' */
  stream?: string
  /** How many records, chosen by the seed. @defaultValue 1, or as many as `ids` */
  count?: number
  /** Which records; unknown ids are skipped. Not for `create`. */
  ids?: string[]
  /** The segment that a company joins or leaves. @defaultValue any possible one */
  segment?: string
  /** The contact that others are merged into; it changes, too. @defaultValue any other */
  into?: string
  /** How long the search takes to show it, ms. @defaultValue from the workspace's options */
  lagMs?: number
}

/** A mutation as it was made. */
export interface MadeChange extends MutationTime {
  mutation: Mutation
  /** The records that it changed. */
  ids: string[]
}

export type MutationKind =
  | 'update'
  | 'create'
  | 'delete'
  | 'reply'
  | 'edit'
  | 'redact'
  | 'join'
  | 'leave'
  | 'visit'
  | 'move'
  | 'merge'
  | 'archive'
  | 'block'
  | 'purge'
  | 'unarchive'

/** Changes made when requests come in, so that a test needs no timers. */
export interface MutationPlan {
  /** After every so many searches … */
  every: number
  /** … until so many searches were answered … @defaultValue no end */
  until?: number
  /** … these changes are made. */
  mutations: Mutation[]
}

/** When a change happens and from when the search shows it; ms since the epoch. */
export interface MutationTime {
  now: number
  visibleFrom: number
}

/** Changes one record. `undefined` when there is nothing to change. */
export type RecordChange = (
  version: RecordVersion,
  time: MutationTime,
  mutation: Mutation,
  random: Random,
) => VersionChange | VersionChange[] | undefined

/** The possible changes of a stream's records, besides `create`. */
export type RecordChanges = Partial<Record<MutationKind, RecordChange>> & {
  /** The last versions of records that are out of sight, from which `unarchive` and `purge` choose. */
  inactive?: () => readonly RecordVersion[]
}

/** What happens to records that are out of sight. */
const ofInactive: readonly MutationKind[] = ['unarchive', 'purge']

export const secondOf = ({ now }: MutationTime): number => Math.floor(now / 1000)

/** The changes that records of every stream can have. */
export function ordinaryChanges(collection: Collection): RecordChanges {
  return {
    update: (version, time) => collection.update(version, secondOf(time), time.visibleFrom),
    delete: (version, time) => collection.delete(version, time.visibleFrom),
  }
}

/**
 * Applies a mutation to its collection and returns what changed. @throws RangeError when the stream has no such change
 */
export function applyMutation(
  collection: Collection,
  changes: RecordChanges,
  mutation: Mutation,
  time: MutationTime,
  random: Random,
): VersionChange[] {
  if (mutation.kind === 'create') {
    return Array.from({ length: mutation.count ?? 1 }, () => collection.create(secondOf(time), time.visibleFrom))
  }
  const change = Object.hasOwn(changes, mutation.kind) ? changes[mutation.kind] : undefined
  if (change === undefined) {
    const kinds = ['create', ...Object.keys(changes).filter((name) => name !== 'inactive')].join(', ')
    throw new RangeError(`A mutation of ${collection.definition.stream} is one of ${kinds}`)
  }
  return chosen(collection, changes, mutation, random)
    .flatMap((version) => change(version, notBefore(version, time), mutation, random))
    .filter((made) => made !== undefined)
}

/** The search shows the versions of a record in their order, however long each takes. */
export function notBefore({ visibleFrom }: RecordVersion, time: MutationTime): MutationTime {
  return { ...time, visibleFrom: Math.max(time.visibleFrom, visibleFrom) }
}

function chosen(
  collection: Collection,
  { inactive }: RecordChanges,
  { kind, ids, count = 1 }: Mutation,
  random: Random,
): RecordVersion[] {
  const others = ofInactive.includes(kind) || ids !== undefined ? [...(inactive?.() ?? [])] : []
  const find = (id: string) => collection.find(id) ?? others.find(({ plan }) => plan.id === id)
  if (ids !== undefined) return ids.map(find).filter((version) => version !== undefined)
  const candidates = ofInactive.includes(kind) ? others : collection.latest().filter(({ isListed }) => isListed)
  const wanted = Math.min(count, candidates.length)
  // The first places of a shuffle: a fair choice without repetition.
  for (let place = 0; place < wanted; place++) {
    const other = place + Math.floor(random() * (candidates.length - place))
    const [here, there] = [candidates[place], candidates[other]]
    if (here === undefined || there === undefined) continue
    candidates[place] = there
    candidates[other] = here
  }
  return candidates.slice(0, wanted)
}
