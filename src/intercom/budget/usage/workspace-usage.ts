/** Requests of all our apps in one workspace, in the current window. Stored as JSON in this form. */
export interface WorkspaceUsage {
  /** Ms on Intercom's clock. */
  windowStart: number
  /** Permits granted in this window. */
  granted: number
  /** The highest limit per window that Intercom has named to any app of the workspace. */
  highestTold: number
}

const WINDOW_MS = 10_000

/** Documented for all apps of a workspace together; no header names it. */
export const WORKSPACE_REQUESTS_PER_MINUTE = 25_000

/** The usage in the window that holds `now`; in a new window nothing is granted yet. */
export function workspaceUsageAt(usage: WorkspaceUsage | undefined, now: number): WorkspaceUsage {
  const windowStart = Math.floor(now / WINDOW_MS) * WINDOW_MS
  // A member whose clock lags slightly still counts in the newest window. A larger lag means another clock.
  if (usage && windowStart <= usage.windowStart && usage.windowStart - windowStart <= WINDOW_MS) return usage
  return { windowStart, granted: 0, highestTold: usage?.highestTold ?? 0 }
}

/** Requests still free in the window. A limit named by Intercom wins when it is higher than the documented one. */
export function workspaceRoom(usage: WorkspaceUsage, perMinute: number): number {
  return Math.max(Math.floor(perMinute / 6), usage.highestTold) - usage.granted
}

/**
 * Ms until the next window. On a clock that lags it begins later, so the member asks again after at most one window.
 */
export function workspaceWaitMs(usage: WorkspaceUsage, now: number): number {
  return Math.min(WINDOW_MS, usage.windowStart + WINDOW_MS - now)
}
