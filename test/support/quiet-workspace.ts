import type { WorkspaceTraits } from '../histories/history.ts'

/** An empty workspace in which nothing is unusual: tests say what they put in, and what is different. */
export const quietWorkspace: WorkspaceTraits = {
  seed: 1,
  version: '2.16',
  isPinned: false,
  timezone: 'UTC',
  spanSeconds: 86_400,
  contacts: 0,
  conversations: 0,
  tickets: 0,
  companies: 0,
  activityLogs: 0,
  parts: 2,
  largestPage: 150,
  recordsPerSlice: null,
  aheadOfIndex: 0,
  cursorsOpaque: true,
  inclusiveBounds: false,
  latencyMs: 100,
}
