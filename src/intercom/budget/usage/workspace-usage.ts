/** Requests of all our apps in one workspace, in the current window. */
export interface WorkspaceLedger {
  /** Ms on Intercom's clock. */
  windowStart: number
  /** Leave given in this window. */
  granted: number
  /** The highest limit that Intercom has told any app of the workspace, per window. */
  highestTold: number
}

const WINDOW_MS = 10_000

/** Documented for all apps of a workspace together; no header tells it. */
export const WORKSPACE_REQUESTS_PER_MINUTE = 25_000

/** The ledger in the window that holds `now`, a new one where there is none. */
export function workspaceAt(ledger: WorkspaceLedger | undefined, now: number): WorkspaceLedger {
  const windowStart = Math.floor(now / WINDOW_MS) * WINDOW_MS
  // Whose clock lags a little still counts in the newest window. Further back it is another clock.
  if (ledger && windowStart <= ledger.windowStart && ledger.windowStart - windowStart <= WINDOW_MS) return ledger
  return { windowStart, granted: 0, highestTold: ledger?.highestTold ?? 0 }
}

/** Requests still free in the window. A limit told by Intercom that is higher than the documented one wins. */
export function workspaceRoom(ledger: WorkspaceLedger, perMinute: number): number {
  return Math.max(Math.floor(perMinute / 6), ledger.highestTold) - ledger.granted
}

/** Ms until the next window; whose clock lags has it begin later, and asks again meanwhile. */
export function workspaceWaitMs(ledger: WorkspaceLedger, now: number): number {
  return Math.min(WINDOW_MS, ledger.windowStart + WINDOW_MS - now)
}
