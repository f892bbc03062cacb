import { createHmac, randomBytes } from 'node:crypto'
import type { TokenLedger } from './usage/token-usage.ts'
import type { WorkspaceLedger } from './usage/workspace-usage.ts'

/** Whose requests are counted together. The id is a secret or personal: stores keep it as a keyed digest alone. */
export interface BudgetSubjects {
  accessToken: string
  /** Intercom's id of the workspace; undefined while it is not known. */
  workspaceId?: string | undefined
}

/** What is counted of them. */
export interface Ledgers {
  token?: TokenLedger | undefined
  workspace?: WorkspaceLedger | undefined
}

/** Where budgets are kept: in this process's memory, or in Redis for all processes. */
export interface BudgetStore {
  /** Requests that one exchange may give leave for; more than 1 where an exchange costs a round trip. */
  leaveSize: number
  /** How long a leave may be kept unused and news be kept back, ms. */
  leaveMs: number
  /**
   * Changes the ledgers, all or none, alone with them. `change` alters the copies that it is given, and may be called
   * again with newer ones. Waits while the store is away.
   */
  update<Result>(subjects: BudgetSubjects, change: (ledgers: Ledgers) => Result, signal: AbortSignal): Promise<Result>
}

/** Ledgers kept, so that a process whose tokens change for years does not keep them all. */
const MOST_KEPT = 1000

/** Budgets of the jobs of one process. */
export function createMemoryBudgetStore(): BudgetStore {
  const digestKey = randomBytes(32)
  const kept = new Map<string, Ledgers[keyof Ledgers]>()
  const keep = <Name extends keyof Ledgers>(key: string | undefined, ledger: Ledgers[Name]) => {
    if (key === undefined) return
    // Put last again: the first ones are those not used for longest.
    kept.delete(key)
    kept.set(key, ledger)
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_KEPT) break
      kept.delete(oldest)
    }
  }
  return {
    leaveSize: 1,
    leaveMs: 0,
    async update(subjects, change) {
      const keys = subjectDigests(digestKey, subjects)
      const ledgers: Ledgers = {
        token: kept.get(keys.token) as TokenLedger | undefined,
        workspace: keys.workspace === undefined ? undefined : (kept.get(keys.workspace) as WorkspaceLedger | undefined),
      }
      const result = change(ledgers)
      keep<'token'>(keys.token, ledgers.token)
      keep<'workspace'>(keys.workspace, ledgers.workspace)
      return result
    },
  }
}

/** What stands for the subjects in a store: an HMAC, since a plain digest of a short id could be guessed. */
export function subjectDigests(
  key: Buffer,
  { accessToken, workspaceId }: BudgetSubjects,
): { token: string; workspace?: string } {
  const digest = (kind: string, id: string) => createHmac('sha256', key).update(`${kind}\0${id}`).digest('base64url')
  return {
    token: digest('token', accessToken),
    ...(workspaceId !== undefined && { workspace: digest('workspace', workspaceId) }),
  }
}
