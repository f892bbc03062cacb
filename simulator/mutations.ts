import type { Random } from './random.ts'
import type { Collection, VersionChange } from './records/collection.ts'
import type { RecordVersion } from './records/record-version.ts'

/** A change of the workspace, all of it within one second. */
export interface Mutation {
  /** `update` changes text and `updated_at`; with `ids` it touches just these, with a high `count` it is a bulk edit. */
  kind: 'update' | 'create' | 'delete'
  /** @defaultValue 'contacts' */
  stream?: string
  /** How many records, chosen by the seed. @defaultValue 1, or as many as `ids` */
  count?: number
  /** Which records; unknown ids are passed over. Not for `create`. */
  ids?: string[]
}

/** Changes made while requests come in, so that a test needs no timers. */
export interface MutationPlan {
  /** After every so many searches … */
  every: number
  /** … until so many searches were answered … @defaultValue no end */
  until?: number
  /** … these changes are made. */
  mutations: Mutation[]
}

const mutationKinds: readonly string[] = ['update', 'create', 'delete']

/** When a change happens and since when search shows it; ms since the epoch. */
export interface MutationTime {
  now: number
  visibleFrom: number
}

/** Applies a mutation to its collection and tells what changed. */
export function applyMutation(
  collection: Collection,
  mutation: Mutation,
  time: MutationTime,
  random: Random,
): VersionChange[] {
  const second = Math.floor(time.now / 1000)
  if (!mutationKinds.includes(mutation.kind)) throw new RangeError(`A mutation is one of ${mutationKinds.join(', ')}`)
  if (mutation.kind === 'create') {
    return Array.from({ length: mutation.count ?? 1 }, () => collection.create(second, time.visibleFrom))
  }
  return chosen(collection, mutation, random).map((version) =>
    mutation.kind === 'delete'
      ? collection.delete(version, time.visibleFrom)
      : collection.update(version, second, time.visibleFrom),
  )
}

function chosen(collection: Collection, { ids, count = 1 }: Mutation, random: Random): RecordVersion[] {
  if (ids !== undefined) return ids.map((id) => collection.find(id)).filter((version) => version !== undefined)
  const candidates = collection.latest()
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
