import type { History, JobPlan, WorkspaceTraits } from './history.ts'

/** A history that once lost records without a sign, made as small as possible. */
export interface FoundHistory {
  /** What was wrong, in words. */
  fault: string
  history: History
}

const workspace: WorkspaceTraits = {
  seed: 0,
  version: '2.17',
  isPinned: false,
  timezone: 'UTC',
  spanSeconds: 600,
  contacts: 0,
  conversations: 0,
  tickets: 0,
  companies: 0,
  activityLogs: 0,
  parts: 1,
  largestPage: 150,
  recordsPerSlice: null,
  aheadOfIndex: 0,
  cursorsOpaque: false,
  inclusiveBounds: false,
  latencyMs: 12_000,
}

const job = (plan: Pick<JobPlan, 'streams'> & Partial<JobPlan>): JobPlan => ({
  waitMs: 300_000,
  before: [],
  during: [],
  badPlaces: [],
  faults: [],
  kills: [],
  slowCommits: false,
  lookback: 0,
  stopAfter: null,
  keep: {},
  ...plan,
})

/** An answer to a search that is correct in its form, and says that there is nothing. */
const emptySearch = {
  match: { path: '/contacts/search' },
  body: { type: 'list', data: [], total_count: 0, pages: { type: 'pages' } },
}

const change = (stream: string, kind: JobPlan['before'][number]['kind'], count: number, lag: number) => ({
  stream,
  kind,
  count,
  lag,
  beyond: false,
})

const conversations = ['conversation_parts', 'conversations']
const tickets = ['ticket_parts', 'tickets']

export const foundHistories: readonly FoundHistory[] = [
  {
    fault: 'two streams of one walk, continued from states of different moments',
    history: {
      workspace: { ...workspace, conversations: 51 },
      modes: { conversation_parts: 'full_refresh', conversations: 'incremental' },
      jobs: [
        job({ waitMs: 0, streams: conversations, stopAfter: 4, keep: { conversation_parts: 1, conversations: 0 } }),
        job({ streams: conversations.toReversed() }),
      ],
    },
  },
  {
    fault: 'the same with slices that are read from the other end',
    history: {
      workspace: { ...workspace, tickets: 8, spanSeconds: 3_456_000, largestPage: 8, latencyMs: 3000 },
      modes: { ticket_parts: 'incremental', tickets: 'incremental' },
      jobs: [
        job({
          waitMs: 0,
          streams: tickets,
          badPlaces: [{ stream: 'tickets', place: 0, abovePerPage: 0 }],
          keep: { ticket_parts: 2, tickets: 1 },
        }),
        job({ streams: tickets.toReversed(), kills: [1] }),
      ],
    },
  },
  {
    fault: 'a state that trusts a row newer than its place',
    history: {
      workspace: { ...workspace, seed: 469, contacts: 36, largestPage: 3, recordsPerSlice: 7, aheadOfIndex: 1 },
      modes: { contacts: 'incremental' },
      jobs: [
        job({
          waitMs: 7_200_000,
          streams: ['contacts'],
          before: [change('contacts', 'update', 2, 0), change('contacts', 'delete', 12, 0.9)],
          during: [
            { after: 5, change: change('contacts', 'update', 1, 0.9) },
            { after: 4, change: change('contacts', 'create', 1, 0.1) },
            { after: 38, change: change('contacts', 'update', 2, 0) },
          ],
          stopAfter: 7,
        }),
      ],
    },
  },
  {
    fault: 'a full refresh that drops a row newer than its place',
    history: {
      workspace: { ...workspace, seed: 73, tickets: 1, largestPage: 1, aheadOfIndex: 0.3, latencyMs: 100 },
      modes: { ticket_parts: 'incremental', tickets: 'full_refresh' },
      jobs: [
        job({ waitMs: 0, streams: tickets, before: [change('tickets', 'update', 1, 0.9)], kills: [1] }),
        job({ streams: ['ticket_parts'] }),
      ],
    },
  },
  {
    fault: 'a search that fails down to single records, beside a row newer than its place',
    history: {
      workspace: { ...workspace, contacts: 5, aheadOfIndex: 1, latencyMs: 100 },
      modes: { ticket_parts: 'incremental', tickets: 'full_refresh', contacts: 'incremental' },
      jobs: [
        job({
          waitMs: 90_000_000,
          streams: ['contacts', ...tickets],
          during: [{ after: 1, change: change('contacts', 'update', 1, 0.1) }],
          badPlaces: [{ stream: 'contacts', place: 0, abovePerPage: 0 }],
          kills: [1],
        }),
      ],
    },
  },
  {
    fault: 'a page without a next one, while as many records move away as it leaves out',
    history: {
      workspace: { ...workspace, conversations: 51, largestPage: 1 },
      modes: { conversation_parts: 'incremental', conversations: 'incremental' },
      jobs: [
        job({
          streams: conversations.toReversed(),
          badPlaces: [{ stream: 'conversations', place: 0, abovePerPage: 0 }],
          stopAfter: 1,
        }),
        job({
          waitMs: 0,
          streams: conversations,
          faults: [{ match: { path: '/conversations/search', paged: true }, status: 400 }],
          keep: { conversation_parts: 2 },
        }),
        job({
          streams: conversations,
          before: [change('conversations', 'update', 4, 0)],
          faults: [
            { match: { path: '/conversations/search', paged: true }, status: 400, skip: 1 },
            { match: { path: '/conversations/search' }, endsEarly: true, skip: 3 },
          ],
        }),
      ],
    },
  },
  {
    fault: 'a page that is requested again, and lacks more the second time',
    history: {
      workspace: { ...workspace, conversations: 51, tickets: 2, latencyMs: 100 },
      modes: {
        conversation_parts: 'incremental',
        conversations: 'incremental',
        tickets: 'full_refresh',
        companies: 'incremental',
        tags: 'full_refresh',
      },
      jobs: [
        job({ streams: ['conversations'] }),
        job({
          waitMs: 25_350,
          streams: ['tags', 'tickets', 'conversation_parts', 'companies'],
          during: [{ after: 6, change: change('tickets', 'update', 1, 0) }],
          faults: [
            {
              match: { path: '/tickets/search' },
              body: { type: 'ticket.list', tickets: [], total_count: 0, pages: { type: 'pages' } },
              skip: 2,
            },
          ],
        }),
      ],
    },
  },
  {
    fault: 'half of a slice that was cut around a bad page, read by another attempt than the one that cut it',
    history: {
      workspace: {
        ...workspace,
        seed: 440,
        conversations: 2,
        cursorsOpaque: true,
        inclusiveBounds: true,
        latencyMs: 100,
      },
      modes: { conversation_parts: 'full_refresh', conversations: 'full_refresh' },
      jobs: [
        job({
          waitMs: 20_962,
          streams: conversations,
          badPlaces: [{ stream: 'conversations', place: 0.8, abovePerPage: 0 }],
          kills: [4],
          slowCommits: true,
        }),
      ],
    },
  },
  {
    fault: "a record of the tail that cannot be read, while the machine's clock is a day behind",
    history: {
      workspace: { ...workspace, conversations: 1 },
      modes: { conversations: 'full_refresh' },
      jobs: [
        job({
          streams: ['conversations'],
          badPlaces: [{ stream: 'conversations', place: 0, abovePerPage: 0 }],
          clocks: { dates: null, machine: { aheadMs: -86_400_000, jumpsAfterMs: 0 } },
        }),
      ],
    },
  },
  {
    fault: 'a ticket without its list of parts that moves on before it is requested again',
    history: {
      workspace: { ...workspace, latencyMs: 100 },
      modes: { tickets: 'incremental', activity_logs: 'incremental' },
      jobs: [
        job({
          streams: ['activity_logs', 'tickets'],
          before: [change('tickets', 'create', 1, 0)],
          during: [{ after: 12, change: change('tickets', 'update', 1, 0) }],
          faults: [
            { match: { path: '/tickets/search' }, nulls: 'ticket_parts', skip: 1 },
            { html: '<html><body>Sign in to use this network</body></html>', status: 200, foreign: true },
          ],
        }),
      ],
    },
  },
  {
    fault: 'the cursor of a reading that had gone back, followed by another attempt to pages that had been taken',
    history: {
      workspace: { ...workspace, version: '2.16', isPinned: true, contacts: 47, latencyMs: 3000 },
      modes: { contacts: 'incremental', activity_logs: 'full_refresh' },
      jobs: [
        job({
          waitMs: 90_003_931,
          streams: ['activity_logs', 'contacts'],
          badPlaces: [{ stream: 'contacts', place: 0.72, abovePerPage: 0 }],
          faults: [{ match: { path: '/contacts/search', paged: true }, status: 400, skip: 3 }],
          kills: [7],
          slowCommits: true,
        }),
      ],
    },
  },
  {
    fault: 'records that could not be read, given up because an answer said that nothing is there',
    history: {
      workspace: { ...workspace, contacts: 2, spanSeconds: 3_456_000, latencyMs: 100 },
      modes: { contacts: 'incremental' },
      jobs: [
        job({ streams: ['contacts'], badPlaces: [{ stream: 'contacts', place: 0, abovePerPage: 0 }] }),
        job({ streams: ['contacts'], faults: [{ ...emptySearch, skip: 1 }] }),
      ],
    },
  },
  {
    fault: 'a record whose text had changed and not its time, delivered each time that a bad page beside it was cut',
    history: {
      workspace: { ...workspace, seed: 34, version: '2.16', conversations: 1, cursorsOpaque: true, latencyMs: 100 },
      modes: { conversations: 'incremental' },
      jobs: [
        job({
          waitMs: 0,
          streams: [],
          before: [
            change('conversations', 'update', 1, 0),
            change('conversations', 'create', 3, 0),
            change('conversations', 'update', 2, 0.19),
          ],
        }),
        job({
          waitMs: 4041,
          streams: ['conversations'],
          during: [{ after: 1, change: change('conversations', 'redact', 1, 0) }],
        }),
        job({
          waitMs: 7_200_000,
          streams: ['conversations'],
          badPlaces: [{ stream: 'conversations', place: 0.9, abovePerPage: 0 }],
        }),
      ],
    },
  },
  {
    fault: 'a record delivered twice, because its older version was met in between at the place that search still had',
    history: {
      workspace: { ...workspace, contacts: 4, recordsPerSlice: 4, latencyMs: 100 },
      modes: { contacts: 'incremental', company_segments: 'incremental' },
      jobs: [
        job({
          streams: ['contacts'],
          before: [
            change('contacts', 'delete', 1, 0),
            { ...change('contacts', 'update', 1, 0), beyond: true },
            change('contacts', 'create', 6, 0),
          ],
          badPlaces: [{ stream: 'contacts', place: 0, abovePerPage: 0 }],
        }),
        job({
          streams: ['company_segments', 'contacts'],
          before: [
            change('contacts', 'merge', 1, 0),
            change('segments', 'update', 4, 0),
            { ...change('contacts', 'update', 3, 0), beyond: true },
          ],
          during: [{ after: 6, change: { ...change('contacts', 'update', 2, 0), beyond: true } }],
          faults: [{ body: { ok: true }, status: 457, foreign: true, headers: { Server: 'cloudflare' }, skip: 8 }],
        }),
      ],
    },
  },
  {
    fault:
      'a record of a short page, whose job was given up before the second reading, below the cursor of a state whose walk other settings do not go on with',
    history: {
      workspace: { ...workspace, conversations: 51, largestPage: 1, latencyMs: 3000 },
      modes: { conversation_parts: 'incremental', conversations: 'full_refresh' },
      jobs: [
        job({
          waitMs: 0,
          streams: conversations.toReversed(),
          faults: [{ match: { path: '/conversations/search' }, lacks: 3, repeat: 2, skip: 1 }],
          lookback: 1,
          stopAfter: 4,
        }),
        job({ streams: conversations.toReversed() }),
      ],
    },
  },
  {
    fault: 'a record of a page that was short twice, as many others came while the slice was read',
    history: {
      workspace: { ...workspace, conversations: 3, largestPage: 1, latencyMs: 3000 },
      modes: { conversations: 'incremental' },
      jobs: [
        job({
          streams: ['conversations'],
          during: [{ after: 1, change: change('conversations', 'create', 1, 0.03) }],
          faults: [{ match: { path: '/conversations/search' }, lacks: 3, repeat: 2, skip: 2 }],
        }),
      ],
    },
  },
  {
    fault: 'an older version of a record delivered after the newer one, from an answer that was taken later',
    history: {
      workspace: { ...workspace, version: '2.11', isPinned: true, contacts: 11, aheadOfIndex: 1, cursorsOpaque: true },
      modes: { contacts: 'incremental' },
      jobs: [
        job({
          streams: ['contacts'],
          before: [change('contacts', 'delete', 1, 0), change('contacts', 'update', 6, 0)],
          badPlaces: [{ stream: 'contacts', place: 0, abovePerPage: 0 }],
          lookback: 1,
          stopAfter: 6,
        }),
        job({
          streams: ['contacts'],
          badPlaces: [{ stream: 'contacts', place: 0.1, abovePerPage: 0 }],
          lookback: 1,
        }),
        job({ streams: ['contacts'], during: [{ after: 4, change: change('contacts', 'update', 1, 0.53) }] }),
      ],
    },
  },
]
