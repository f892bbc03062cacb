import { createEngine, type StartSync } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { openWorld, type World } from '../support/moving-world.ts'

/** When the golden files' workspace begins, ms since the epoch. */
export const startsAt = Date.UTC(2026, 5, 1)

/** The workspace that the golden files are of: it is the same whenever it is opened. */
export function openWorkspace(): Promise<World> {
  const options = {
    contacts: 500,
    companies: 30,
    conversations: 60,
    longConversations: 0,
    tickets: 30,
    activityLogs: 120,
    rowsInside: false,
  }
  return openWorld({ seed: 16, startsAt, options })
}

/** The real engine on that workspace, on a clock on which waiting costs nothing. */
export function createWorkspaceEngine({ clock, baseUrl }: World): StartSync {
  return createEngine({
    clock,
    random: () => 0.5,
    baseUrl,
    createSpool: createFileSpool,
    scrollLeaseOf: () => ({ hold: (_signal, work) => work() }),
  })
}

/** Every stream there is; those that can be are read in increments. */
export const wholeBody = {
  config: { access_token: 'simulator-token', num_workers: 4 },
  streams: [
    { name: 'activity_logs', syncMode: 'incremental' },
    { name: 'admins', syncMode: 'full_refresh' },
    { name: 'companies', syncMode: 'incremental' },
    { name: 'company_segments', syncMode: 'incremental' },
    { name: 'conversations', syncMode: 'incremental' },
    { name: 'conversation_parts', syncMode: 'incremental' },
    { name: 'contacts', syncMode: 'incremental' },
    { name: 'company_attributes', syncMode: 'full_refresh' },
    { name: 'contact_attributes', syncMode: 'full_refresh' },
    { name: 'segments', syncMode: 'incremental' },
    { name: 'tags', syncMode: 'full_refresh' },
    { name: 'teams', syncMode: 'full_refresh' },
    { name: 'tickets', syncMode: 'incremental' },
    { name: 'ticket_parts', syncMode: 'incremental' },
  ],
}
