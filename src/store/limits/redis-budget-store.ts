import type { Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import {
  type BudgetStore,
  type BudgetSubjects,
  type Ledgers,
  subjectDigests,
} from '../../intercom/budget/budget-store.ts'
import { budgetKey } from '../keys.ts'
import { runScript } from '../script.ts'
import type { EncryptionKey } from '../secrets/sealing.ts'
import { swapBudgetScript } from './budget.lua.ts'
import { readSharedSecret } from './shared-secret.ts'

/** Longer than anything in a ledger matters: an own limit looks back a minute. */
const LEDGER_MS = 150_000
const RETRY_MS = 1000
const LEAVE_SIZE = 16
/** A leave is valid for so long. After a refusal, other processes may still use up theirs. */
const LEAVE_MS = 250
/** Values remembered; more tokens at once only cost a second round trip. */
const MOST_REMEMBERED = 1000

export interface RedisBudgetDependencies {
  /** Waits for ever. */
  redis: Redis
  keys: readonly EncryptionKey[]
  clock: Clock
  /** Makes ids that are never made twice. */
  createId: () => string
}

/**
 * Budgets of the jobs of all workers. A ledger is read, decided upon and written back if nobody else has written
 * meanwhile. One that is lost, or goes back in time with its Redis, costs a few refusals by Intercom.
 */
export function createRedisBudgetStore({ redis, keys, clock, createId }: RedisBudgetDependencies): BudgetStore {
  const remembered = new Map<string, string>()
  const writer = createId()
  let writes = 0
  /** The same for all workers, whichever of their keys comes first: a token must not have a budget for each. */
  let digestKey: Buffer | undefined

  const namesOf = (key: Buffer, subjects: BudgetSubjects): string[] => {
    const { token, workspace } = subjectDigests(key, subjects)
    return [budgetKey('token', token), ...(workspace === undefined ? [] : [budgetKey('workspace', workspace)])]
  }

  /** Where the ledgers are. Where none is known Redis may have been emptied, and the secret be another one by now. */
  const findLedgers = async (subjects: BudgetSubjects, signal: AbortSignal): Promise<string[]> => {
    const known = digestKey && namesOf(digestKey, subjects)
    if (known?.some((name) => remembered.get(name))) return known
    const secret = await insist(() => readSharedSecret(redis, keys, digestKey), signal)
    digestKey = secret
    return namesOf(secret, subjects)
  }

  const remember = (key: string, value: string) => {
    remembered.delete(key)
    remembered.set(key, value)
    for (const oldest of remembered.keys()) {
      if (remembered.size <= MOST_REMEMBERED) break
      remembered.delete(oldest)
    }
  }

  /** Writes the values, or remembers those that somebody else has written. */
  async function swap(names: string[], before: string[], after: string[], signal: AbortSignal): Promise<boolean> {
    const [tokenKey = '', workspaceKey] = names
    const [tokenVersion, workspaceVersion] = before.map(versionOf)
    const [tokenValue, workspaceValue] = after
    const call = {
      keys: { tokenKey, workspaceKey },
      args: { timeToLiveMs: LEDGER_MS, tokenVersion, tokenValue, workspaceVersion, workspaceValue },
    }
    const [outcome, ...held] = await insist(() => runScript(redis, swapBudgetScript, call), signal)
    const isWritten = outcome === 'WRITTEN'
    for (const [place, name] of names.entries()) remember(name, (isWritten ? after : held)[place] ?? '')
    return isWritten
  }

  /** Tries until Redis can serve again. */
  async function insist<Answer>(ask: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof CodedError && error.code === 'store_unavailable')) throw error
        await clock.sleep(RETRY_MS, signal)
      }
    }
  }

  return {
    leaveSize: LEAVE_SIZE,
    leaveMs: LEAVE_MS,
    async update(subjects, change, signal) {
      for (;;) {
        const names = await findLedgers(subjects, signal)
        const before = names.map((name) => remembered.get(name) ?? '')
        const [tokenLedger, workspaceLedger] = before.map(ledgerOf)
        const ledgers = { token: tokenLedger, workspace: workspaceLedger } as Ledgers
        const result = change(ledgers)
        const version = `${writer}.${++writes}`
        const after = [ledgers.token, ledgers.workspace].map((ledger) => `${version} ${JSON.stringify(ledger ?? null)}`)
        if (await swap(names, before, after.slice(0, names.length), signal)) return result
      }
    },
  }
}

const versionOf = (value: string): string => value.split(' ', 1)[0] ?? ''

const ledgerOf = (value: string): unknown =>
  value === '' ? undefined : (JSON.parse(value.slice(value.indexOf(' ') + 1)) ?? undefined)
