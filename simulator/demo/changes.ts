import { rulesOf } from '../oracle/stream-rules.ts'
import type { TruthLine } from '../truth/truth.ts'
import type { Mutation } from '../workspace/mutations.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** Ids of the records changed, by stream. */
export type Changes = ReadonlyMap<string, ReadonlySet<string>>

/** A working morning: contacts are edited and created, customers answer, companies join a segment, tickets move on. */
const mutations: readonly (Mutation & { stream: string })[] = [
  { stream: 'contacts', kind: 'update', count: 20 },
  { stream: 'contacts', kind: 'create', count: 5 },
  { stream: 'conversations', kind: 'reply', count: 10 },
  { stream: 'companies', kind: 'join', count: 5 },
  { stream: 'tickets', kind: 'move', count: 5 },
  { stream: 'activity_logs', kind: 'create', count: 3 },
]

/** Changes some records of the simulated workspace. */
export function changeRecords(workspace: Workspace): Changes {
  const changes = new Map<string, Set<string>>()
  for (const mutation of mutations) {
    const known = changes.get(mutation.stream) ?? new Set()
    for (const id of workspace.mutate(mutation)) known.add(id)
    changes.set(mutation.stream, known)
  }
  return changes
}

/**
 * The truth about changed records, and about all children of changed parents: an incremental sync must deliver these.
 */
export function* truthAbout(changes: Changes, truth: Iterable<TruthLine>): Generator<TruthLine> {
  for (const line of truth) {
    const parent = rulesOf(line.stream).parent?.stream
    const isChanged = changes.get(line.stream)?.has(line.id)
    const isChild = parent !== undefined && line.parentId !== undefined && changes.get(parent)?.has(line.parentId)
    if (isChanged || isChild) yield line
  }
}
