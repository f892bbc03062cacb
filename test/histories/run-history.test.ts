import t from 'tap'
import { quietWorkspace } from '../support/quiet-workspace.ts'
import type { History } from './history.ts'
import { runHistory } from './run-history.ts'

const quiet: History = {
  workspace: {
    ...quietWorkspace,
    seed: 3,
    isPinned: true,
    contacts: 8,
    conversations: 8,
    tickets: 4,
    companies: 4,
    activityLogs: 3,
  },
  modes: {
    contacts: 'incremental',
    conversations: 'incremental',
    conversation_parts: 'incremental',
    companies: 'full_refresh',
    company_segments: 'incremental',
  },
  jobs: [
    {
      waitMs: 1_000,
      streams: ['conversation_parts', 'conversations', 'contacts', 'companies', 'company_segments'],
      before: [],
      during: [{ after: 3, change: { stream: 'contacts', kind: 'update', count: 2, lag: 0.5, beyond: false } }],
      badPlaces: [],
      faults: [],
      kills: [2],
      slowCommits: false,
      lookback: 0,
      stopAfter: null,
      keep: { contacts: 9, conversations: 0 },
    },
  ],
}

t.test('a history in which little goes wrong keeps the law, and runs the same way every time', async (t) => {
  const result = await runHistory(quiet)
  t.same(result.faults, [])
  t.ok(result.records > 40)
  t.same(await runHistory(structuredClone(quiet)), result)
})

t.test('a lost record is found', async (t) => {
  const [job] = quiet.jobs
  if (job === undefined) throw new Error('no job')
  // Longer than any overlap, so nobody could know about it.
  const change = { stream: 'conversations', kind: 'update' as const, count: 1, lag: 40, beyond: false }
  const whole = { ...job, kills: [], keep: {} }
  const jobs = [
    { ...whole, before: [change] },
    { ...whole, waitMs: 3_600_000 },
  ]
  const { faults } = await runHistory({ ...quiet, jobs })
  t.match(faults[0], /^what is held: stale in conversations \(1\)/)
})
