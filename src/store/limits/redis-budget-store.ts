import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import {
  type BudgetNames,
  type BudgetStore,
  type BudgetSubjects,
  createMemoryBudgetStore,
  keepLatest,
  subjectNames,
} from '../../intercom/budget/budget-store.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import type { EncryptionKey } from '../secrets/sealing.ts'
import { swapBudgetScript } from './budget.lua.ts'
import { readSharedSecret } from './shared-secret.ts'
import { readUsage, storedVersionOf, writeUsage } from './stored-usage.ts'

/** Longer than anything in it matters: our own ceiling looks back a minute. */
const USAGE_MS = 150_000
const RETRY_MS = 1000
const PERMITS_AT_ONCE = 16
/** How long permits may be held. For this long after a 429, other processes may still use up theirs. */
const PERMIT_LIFE_MS = 250

interface RedisBudgetDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
  clock: Clock
  /** Makes ids that are never made twice. */
  createId: () => string
  /**
   * While Redis cannot serve: jobs wait, because they could write nothing either. A call that needs no Redis is counted
   * alone. @defaultValue 'wait'
   */
  whenAway?: 'wait' | 'alone'
}

/**
 * Budgets of the jobs of all workers. Usage is read, changed, and written back if nobody else has written meanwhile. If
 * it is lost, or goes back in time with its Redis, that costs a few 429s.
 */
export function createRedisBudgetStore(dependencies: RedisBudgetDependencies): BudgetStore {
  const { redis, keys, clock, createId, whenAway = 'wait' } = dependencies
  const alone = createMemoryBudgetStore()
  /** The latest value seen for each key. Forgetting one only costs a second round trip. */
  const remembered = new Map<string, string>()
  const writer = createId()
  let writes = 0
  /**
   * The same for all workers, whichever of their keys comes first, so that a token does not get a separate budget for
   * each.
   */
  let digest: { key: Buffer; namesOf: (subjects: BudgetSubjects) => BudgetNames } | undefined

  const keysOf = ({ token, workspace }: BudgetNames): string[] => [
    redis.keyspace.budget('token', token),
    ...(workspace === undefined ? [] : [redis.keyspace.budget('workspace', workspace)]),
  ]

  /**
   * The keys of the usage. While none of its values is known, Redis may have been emptied and may have another secret.
   */
  const findNames = async (subjects: BudgetSubjects, signal: AbortSignal): Promise<string[]> => {
    const known = digest && keysOf(digest.namesOf(subjects))
    if (known?.some((name) => remembered.get(name))) return known
    const secret = await insist(() => readSharedSecret(redis, keys, digest?.key), signal)
    if (!digest?.key.equals(secret)) digest = { key: secret, namesOf: subjectNames(secret) }
    return keysOf(digest.namesOf(subjects))
  }

  /** Writes the values, or remembers those that somebody else has written. */
  async function swap(names: string[], before: string[], after: string[], signal: AbortSignal): Promise<boolean> {
    const [tokenKey = '', workspaceKey] = names
    const [tokenVersion, workspaceVersion] = before.map(storedVersionOf)
    const [tokenValue, workspaceValue] = after
    const call = {
      keys: { tokenKey, workspaceKey },
      args: { timeToLiveMs: USAGE_MS, tokenVersion, tokenValue, workspaceVersion, workspaceValue },
    }
    const [outcome, ...held] = await insist(() => runScript(redis, swapBudgetScript, call), signal)
    const isWritten = outcome === 'WRITTEN'
    for (const [place, name] of names.entries()) keepLatest(remembered, name, (isWritten ? after : held)[place] ?? '')
    return isWritten
  }

  /** Tries until Redis can serve again. */
  async function insist<Answer>(ask: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (!isAway(error) || whenAway === 'alone') throw error
        await clock.sleep(RETRY_MS, signal)
      }
    }
  }

  const updateShared: BudgetStore['update'] = async (subjects, change, signal) => {
    for (;;) {
      const names = await findNames(subjects, signal)
      const before = names.map((name) => remembered.get(name) ?? '')
      const { usage, result } = change(readUsage(before[0] ?? '', before[1] ?? ''))
      const version = `${writer}.${++writes}`
      const after = [usage.token, usage.workspace].map((part) => writeUsage(version, part))
      if (await swap(names, before, after.slice(0, names.length), signal)) return result
    }
  }

  return {
    permitsAtOnce: PERMITS_AT_ONCE,
    permitLifeMs: PERMIT_LIFE_MS,
    async update(subjects, change, signal) {
      try {
        return await updateShared(subjects, change, signal)
      } catch (error) {
        if (!isAway(error)) throw error
        return alone.update(subjects, change, signal)
      }
    },
  }
}

function isAway(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'store_unavailable'
}
