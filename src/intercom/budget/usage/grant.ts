import type { Ledgers } from '../budget-store.ts'
import { ceilingWaitMs, noteSent } from './ceiling.ts'
import { memberIn } from './fair-share.ts'
import { learn, ledgerAt, type Report, roomOf, type TokenLedger } from './token-usage.ts'
import { workspaceAt, workspaceRoom, workspaceWaitMs } from './workspace-usage.ts'

/** Who asks for leave, and under which limits of its own. */
export interface Asker {
  member: string
  /** Share of the limit left to others while they are seen spending. */
  reserve: number
  /** Requests per minute at most. */
  ceiling?: number | undefined
  /** Whether the workspace is known. */
  inWorkspace: boolean
  /** Requests per minute of all apps of the workspace. */
  workspaceCeiling: number
  /** Whether it asks for the last time. */
  leaving?: boolean
}

/** Leave to send so many requests in this window; with 0, when to ask again. */
export interface Leave {
  count: number
  window: number
  waitMs: number
  /** Ms until requests can go again, for those who wait; undefined where answers on their way may change it any moment. */
  opensInMs?: number
}

/** How often it is looked whether room has come back that others held. */
const LOOK_MS = 200

/**
 * The one decision of the budget: takes in what an asker has to tell and gives it leave for up to `wanted` requests.
 * Alters the ledgers.
 *
 * @param now ms on Intercom's clock, never later than the truth
 */
export function decide(ledgers: Ledgers, now: number, asker: Asker, report: Report, wanted: number): Leave {
  const token = ledgerAt(ledgers.token, now)
  if (asker.inWorkspace) ledgers.workspace = workspaceAt(ledgers.workspace, now)
  learn(token, report)
  ledgers.token = token
  if (ledgers.workspace) {
    ledgers.workspace.highestTold = Math.max(ledgers.workspace.highestTold, token.limit ?? 0)
    ledgers.workspace.granted -= report.unused.get(token.window) ?? 0
  }
  if (asker.leaving) delete token.members[asker.member]
  return wanted === 0 ? { count: 0, window: token.window, waitMs: 0 } : giveLeave(ledgers, token, asker, wanted)
}

function giveLeave({ workspace }: Ledgers, token: TokenLedger, asker: Asker, wanted: number): Leave {
  const now = token.at
  const own = memberIn(token.members, asker.member, token.window)
  const none = (ms: number, opensInMs?: number): Leave => ({
    count: 0,
    window: token.window,
    waitMs: ms,
    ...(opensInMs !== undefined && { opensInMs }),
  })
  const blockedMs = token.blockedUntil - now
  if (blockedMs > 0) return none(blockedMs, blockedMs)

  const sent = token.ceilings[String(asker.ceiling)] ?? []
  const ceilingMs = asker.ceiling === undefined ? 0 : ceilingWaitMs(sent, asker.ceiling, now)
  if (ceilingMs > 0) return none(ceilingMs, ceilingMs)

  const inWorkspace = workspace ? workspaceRoom(workspace, asker.workspaceCeiling) : Number.POSITIVE_INFINITY
  if (workspace && inWorkspace <= 0) return none(workspaceWaitMs(workspace, now), workspaceWaitMs(workspace, now))

  const room = roomOf(token, asker.member, asker.reserve)
  if (room.now <= 0) {
    own.denied = true
    const ms = Math.max(1, room.opensInMs)
    return room.mayGrow ? none(Math.min(ms, LOOK_MS)) : none(ms, ms)
  }
  // The less is left the smaller the batch, so that nobody sits on the last requests of a window.
  const batch = asker.ceiling === undefined ? Math.max(1, Math.floor(Math.min(room.now, inWorkspace) / 8)) : 1
  const count = Math.min(wanted, batch)
  if (asker.ceiling !== undefined) token.ceilings[String(asker.ceiling)] = noteSent(sent, now)
  token.granted += count
  token.open += count
  own.granted += count
  if (workspace) workspace.granted += count
  return { count, window: token.window, waitMs: 0 }
}
