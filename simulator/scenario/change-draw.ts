import { integerBetween, pick, type Random } from '../random.ts'
import { contentLists } from '../records/plain/content-lists.ts'
import { referenceNames } from '../records/streams.ts'
import type { ScriptedChange } from '../workspace/live-changes.ts'
import type { Mutation, MutationKind } from '../workspace/mutations.ts'

/** The possible changes of each stream, the ordinary ones more often than the others. */
const kinds: readonly (readonly [stream: string, kinds: readonly MutationKind[]])[] = [
  ['contacts', ['update', 'update', 'create', 'delete', 'merge']],
  ['conversations', ['update', 'create', 'delete', 'reply', 'reply', 'edit', 'redact']],
  ['tickets', ['update', 'create', 'delete', 'reply', 'reply', 'edit', 'redact', 'move', 'move']],
  ['companies', ['update', 'create', 'delete', 'join', 'leave', 'visit']],
  ['segments', ['update', 'create', 'delete']],
  ['activity_logs', ['create']],
  ['tags', ['update', 'create', 'delete']],
  ['admins', ['update']],
  ['teams', ['update', 'create']],
]
/** A share of the changes are bulk edits: many records in one second. */
const bulkShare = 0.08

function drawMutation(random: Random): Mutation {
  // The streams further up change more often.
  const [stream, possible] = kinds[Math.floor(random() * random() * kinds.length)] ?? ['contacts', ['update'] as const]
  const kind = pick(random, possible)
  const isBulk = random() < bulkShare && kind !== 'delete' && stream !== 'activity_logs'
  return { stream, kind, count: isBulk ? integerBetween(random, 20, 60) : integerBetween(random, 1, 4) }
}

/** @param most how many changes there can be */
export function drawMutations(random: Random, most: number): Mutation[] {
  return Array.from({ length: integerBetween(random, 0, most + 1) }, () => drawMutation(random))
}

/** Contacts that go out of sight, or come back. */
export function drawHiding(random: Random): Mutation[] {
  return Array.from({ length: integerBetween(random, 0, 5) }, () => ({
    kind: pick(random, ['archive', 'unarchive', 'block', 'purge'] as const),
    count: integerBetween(random, 1, 4),
  }))
}

/** Changes of lists of references, for workspaces that have some. */
export function drawReferenceMutations(random: Random): Mutation[] {
  return Array.from({ length: integerBetween(random, 0, 4) }, () => ({
    stream: pick(random, referenceNames),
    kind: pick(random, ['update', 'create', 'delete'] as const),
  }))
}

/** Changes of what is written, for workspaces that have some of it. */
export function drawContentMutations(random: Random): Mutation[] {
  return Array.from({ length: integerBetween(random, 0, 8) }, () => ({
    stream: pick(random, ['articles', ...Object.keys(contentLists)]),
    kind: pick(random, ['update', 'create', 'delete'] as const),
    count: integerBetween(random, 1, 4),
  }))
}

/** Changes while a sync runs: at some of its requests, and in some syncs at every so many. They end at some point. */
export function drawDuring(random: Random): ScriptedChange[] {
  const single = Array.from({ length: integerBetween(random, 0, 5) }, () => ({
    after: integerBetween(random, 1, 60),
    mutations: [drawMutation(random)],
  }))
  if (random() < 0.6) return single
  const every = integerBetween(random, 2, 9)
  return [...single, { every, until: every * 10, mutations: [drawMutation(random)] }]
}
