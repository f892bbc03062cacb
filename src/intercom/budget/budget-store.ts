import { createHmac, randomBytes } from 'node:crypto'
import type { Usage } from './usage/grant.ts'

/** Whose requests are counted together. The id is a secret or personal, so stores keep only a keyed digest of it. */
export interface BudgetSubjects {
  accessToken: string
  /** Intercom's id of the workspace; undefined while it is not known. */
  workspaceId?: string | undefined
}

/** Where usage is kept: in this process's memory, or in Redis for all processes. */
export interface BudgetStore {
  /** Permits that one exchange may grant; more than 1 where an exchange costs a round trip. */
  permitsAtOnce: number
  /** How long unused permits may be held, and how long a report may be delayed, ms. 0 if this store needs neither. */
  permitLifeMs: number
  /**
   * Replaces the usage of the subjects with the result of `change`: all or none, and nobody else changes it meanwhile.
   * If somebody else was faster, `change` is called again. Waits while the store is down.
   */
  update<Result>(
    subjects: BudgetSubjects,
    change: (usage: Usage) => { usage: Usage; result: Result },
    signal: AbortSignal,
  ): Promise<Result>
}

/**
 * The number of tokens and of workspaces that are kept, so that a process whose tokens change for years does not keep
 * all.
 */
const MOST_KEPT = 1000

/** Budgets of the jobs of one process. */
export function createMemoryBudgetStore(): BudgetStore {
  const namesOf = subjectNames(randomBytes(32))
  const tokens = new Map<string, Usage['token']>()
  const workspaces = new Map<string, Usage['workspace']>()
  return {
    permitsAtOnce: 1,
    permitLifeMs: 0,
    async update(subjects, change) {
      const keys = namesOf(subjects)
      const { usage, result } = change({
        token: tokens.get(keys.token),
        workspace: keys.workspace === undefined ? undefined : workspaces.get(keys.workspace),
      })
      keepLatest(tokens, keys.token, usage.token)
      if (keys.workspace !== undefined) keepLatest(workspaces, keys.workspace, usage.workspace)
      return result
    },
  }
}

/** Puts a value last. If there are too many, drops the first ones, which have been unused for longest. */
export function keepLatest<Value>(kept: Map<string, Value>, key: string, value: Value): void {
  kept.delete(key)
  kept.set(key, value)
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break
    kept.delete(oldest)
  }
}

/** The names of subjects in a store. */
export interface BudgetNames {
  token: string
  workspace?: string
}

/**
 * Gives subjects their names in a store: an HMAC, because a plain digest of a short id could be guessed. It remembers
 * the last names, because a job asks for the same ones with every request.
 */
export function subjectNames(key: Buffer): (subjects: BudgetSubjects) => BudgetNames {
  const digest = (kind: string, id: string) => createHmac('sha256', key).update(`${kind}\0${id}`).digest('base64url')
  let last: { subjects: BudgetSubjects; names: BudgetNames } | undefined
  return ({ accessToken, workspaceId }) => {
    if (last?.subjects.accessToken === accessToken && last.subjects.workspaceId === workspaceId) return last.names
    const names = {
      token: digest('token', accessToken),
      ...(workspaceId !== undefined && { workspace: digest('workspace', workspaceId) }),
    }
    last = { subjects: { accessToken, workspaceId }, names }
    return names
  }
}
