import { ceilingWaitMs, withSent } from './ceiling.ts'
import { askingShare, withoutShare } from './fair-share.ts'
import { roomOf } from './room.ts'
import { type TokenUsage, tokenUsageAt, withReport } from './token-usage.ts'
import type { UsageReport } from './usage-report.ts'
import { type WorkspaceUsage, workspaceRoom, workspaceUsageAt, workspaceWaitMs } from './workspace-usage.ts'

/** The counts that a store keeps for a token and its workspace; undefined where nothing is counted yet. */
export interface Usage {
  token?: TokenUsage | undefined
  workspace?: WorkspaceUsage | undefined
}

/** Who asks for permits, and its own limits. */
export interface Requester {
  member: string
  /** Share of the limit left to others while they are seen spending. */
  reserve: number
  /** The largest number of requests per minute. @defaultValue none */
  ceiling?: number | undefined
  /** Whether the workspace is known. */
  inWorkspace: boolean
  /** Requests per minute of all apps of the workspace. */
  workspaceCeiling: number
}

/** What a member reports and requests in one exchange. */
interface Ask {
  report: UsageReport
  /** The largest number of permits wanted; 0 only reports. */
  wanted: number
  /** How many of them may be taken from what is kept for others. @defaultValue 0 */
  urgent?: number
  /** It asks for the last time, and then no longer counts as a member. */
  isLast: boolean
}

/** So many permits for this window; with 0, when to ask again. */
export interface Grant {
  count: number
  window: number
  waitMs: number
  /**
   * Ms until requests can be sent again, for people; undefined while answers on their way may change it at any moment.
   */
  opensInMs?: number | undefined
}

/** Permits that can be granted now; with 0, why there are none and for how long. */
interface Availability {
  count: number
  waitMs: number
  opensInMs?: number
  reason?: 'blocked' | 'ceiling' | 'workspace' | 'window'
}

/** The usage after a report, brought to `now`. */
type CurrentUsage = Usage & { token: TokenUsage }

/** How often to ask whether permits have come back that others held. */
const LOOK_MS = 200

/**
 * The only decision of the budget: takes in a member's report, and grants it permits.
 *
 * @param now ms on Intercom's clock, never later than the truth
 * @returns the grant, and the usage to keep
 */
export function decide(
  usage: Usage,
  now: number,
  requester: Requester,
  { report, wanted, urgent = 0, isLast }: Ask,
): { usage: Usage; grant: Grant } {
  const current = usageAfter(usage, now, requester, report)
  const { token } = current
  if (isLast) {
    const members = withoutShare(token.members, requester.member)
    return { usage: { ...current, token: { ...token, members } }, grant: nothing(token) }
  }
  if (wanted === 0) return { usage: current, grant: nothing(token) }
  const available = availabilityOf(current, requester)
  if (available.count > 0) return grantPermits(current, requester, Math.min(wanted, batchOf(available, requester)))
  const kept = urgent > 0 ? availabilityOf(current, requester, true).count : 0
  if (kept > 0) return grantPermits(current, requester, Math.min(urgent, kept))
  const own = askingShare(token.members, requester.member, token.window)
  const members = {
    ...token.members,
    [requester.member]: { ...own, denied: own.denied || available.reason === 'window' },
  }
  return {
    usage: { ...current, token: { ...token, members } },
    grant: { count: 0, window: token.window, waitMs: available.waitMs, opensInMs: available.opensInMs },
  }
}

/**
 * Ms until requests can be sent again, as far as the usage shows; undefined while they can be sent now, or while
 * answers on their way may change it at any moment. This only asks and grants nothing.
 *
 * @param now ms on Intercom's clock
 * @param report not yet delivered
 */
export function opensInMs(usage: Usage, now: number, requester: Requester, report: UsageReport): number | undefined {
  return availabilityOf(usageAfter(usage, now, requester, report), requester).opensInMs
}

function usageAfter(usage: Usage, now: number, { inWorkspace }: Requester, report: UsageReport): CurrentUsage {
  const token = withReport(tokenUsageAt(usage.token, now), report)
  const workspace = inWorkspace ? workspaceUsageAt(usage.workspace, now) : usage.workspace
  if (!workspace) return { token }
  return {
    token,
    workspace: {
      ...workspace,
      highestTold: Math.max(workspace.highestTold, token.limit ?? 0),
      granted: workspace.granted - (report.unused.get(token.window) ?? 0),
    },
  }
}

/** The first limit that is reached counts. */
function availabilityOf({ token, workspace }: CurrentUsage, requester: Requester, isUrgent = false): Availability {
  const now = token.at
  const blockedMs = token.blockedUntil - now
  if (blockedMs > 0) return none('blocked', blockedMs)

  const { ceiling } = requester
  const ceilingMs = ceiling === undefined ? 0 : ceilingWaitMs(sentUnder(ceiling, token), ceiling, now)
  if (ceilingMs > 0) return none('ceiling', ceilingMs)

  const inWorkspace = workspace ? workspaceRoom(workspace, requester.workspaceCeiling) : Number.POSITIVE_INFINITY
  if (workspace && inWorkspace <= 0) return none('workspace', workspaceWaitMs(workspace, now))

  const room = roomOf(token, requester.member, requester.reserve, isUrgent)
  if (room.now > 0) return { count: Math.min(room.now, inWorkspace), waitMs: 0 }
  const ms = Math.max(1, room.opensInMs)
  return room.mayGrow ? { count: 0, waitMs: Math.min(ms, LOOK_MS), reason: 'window' } : none('window', ms)
}

const none = (reason: Availability['reason'] & string, ms: number): Availability => ({
  count: 0,
  waitMs: ms,
  opensInMs: ms,
  reason,
})

const nothing = ({ window }: TokenUsage): Grant => ({ count: 0, window, waitMs: 0 })

/** The less is left, the smaller the batch, so that nobody holds the last requests of a window unused. */
function batchOf({ count }: Availability, { ceiling }: Requester): number {
  return ceiling === undefined ? Math.max(1, Math.floor(count / 8)) : 1
}

function grantPermits(
  { token, workspace }: CurrentUsage,
  { member, ceiling }: Requester,
  count: number,
): { usage: Usage; grant: Grant } {
  const own = askingShare(token.members, member, token.window)
  const granted: TokenUsage = {
    ...token,
    granted: token.granted + count,
    open: token.open + count,
    members: { ...token.members, [member]: { ...own, granted: own.granted + count } },
    ceilings:
      ceiling === undefined
        ? token.ceilings
        : { ...token.ceilings, [String(ceiling)]: withSent(sentUnder(ceiling, token), token.at) },
  }
  return {
    usage: { token: granted, workspace: workspace && { ...workspace, granted: workspace.granted + count } },
    grant: { count, window: token.window, waitMs: 0 },
  }
}

const sentUnder = (ceiling: number, { ceilings }: TokenUsage) => ceilings[String(ceiling)] ?? []
