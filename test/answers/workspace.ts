import type { Fault } from '../../simulator/faults/fault.ts'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import type { DeliveryLedger } from '../../simulator/oracle/delivery-check.ts'
import type { Report } from '../../simulator/oracle/report.ts'
import type { TruthLine } from '../../simulator/truth/truth.ts'
import { defaultApiVersion } from '../../src/airbyte/source-config.ts'
import { type BriefClient, withBriefClient } from '../../src/intercom/brief-client.ts'
import type { Commit, SyncOutcome } from '../../src/sync/contract/commit.ts'
import { collectSync, joined, recordsOf } from '../support/engine.ts'
import { openWorld } from '../support/in-process-world.ts'
import { createMemorySpool } from '../support/memory-spool.ts'
import { quietWorkspace } from '../support/quiet-workspace.ts'
import type { Place } from './places.ts'

/** What a sync has come to. */
export interface Synced {
  messages: Buffer
  state: unknown[]
  /** Absent when the attempt failed. */
  outcome?: SyncOutcome
  /** What the attempt failed with. */
  error?: unknown
}

type Reading = Pick<Place, 'streams' | 'apiVersion' | 'recordsPerSlice'>

/** A small workspace in which nothing changes: one serves many cases. */
export interface AnswersWorkspace {
  conversation: string
  contact: string
  /** How many parts the conversation has. */
  parts: number
  /** What goes wrong from now on, in place of what went wrong before. */
  spoil(faults: readonly Fault[]): void
  sync(reading: Reading, state?: unknown[]): Promise<Synced>
  judge(reading: Reading, messages: Buffer, ledger: DeliveryLedger): Promise<Report>
  /** A few questions that somebody waits for. */
  ask<Result>(work: (client: BriefClient) => Promise<Result>): Promise<Result>
  requests(): number
}

/** Before all there is; a log is asked for from then on. */
const startDate = '2026-03-26T00:00:00Z'
/** Longer than a scroll stays open. */
const restMs = 120_000

export async function openAnswersWorkspace(seed: number): Promise<AnswersWorkspace> {
  const world = openWorld({
    ...quietWorkspace,
    seed,
    spanSeconds: 40 * 86_400,
    contacts: 3,
    conversations: 4,
    companies: 3,
    activityLogs: 3,
    parts: 4,
  })
  const { intercom, clock, baseUrl, adapter } = world
  const truths = new Map<string, TruthLine[]>()
  const truthOf = ({ streams, apiVersion }: Reading): TruthLine[] => {
    const version = apiVersion ?? defaultApiVersion
    const key = `${version} ${streams}`
    const known = truths.get(key) ?? [...intercom.workspace.truth({ version, streams: [...streams] })]
    truths.set(key, known)
    return known
  }

  async function sync({ streams, apiVersion, recordsPerSlice }: Reading, state: unknown[] = []): Promise<Synced> {
    clock.advance(restMs)
    const held: Commit[] = []
    const result = await collectSync({
      baseUrl,
      adapter,
      clock,
      streams: [...streams],
      config: {
        access_token: 'simulator-token',
        start_date: startDate,
        ...(apiVersion && { api_version: apiVersion }),
      },
      ...(state.length > 0 && { state }),
      taken: (commit) => void held.push(commit),
      ports: { createSpool: createMemorySpool, ...(recordsPerSlice && { recordsPerSlice }) },
    }).catch((error: unknown) => ({ error }))
    return { ...joined(held), ...('outcome' in result ? { outcome: result.outcome } : result) }
  }

  const whole = await sync({ streams: ['conversations', 'conversation_parts'] })
  const parents = recordsOf(whole.messages, 'conversation_parts').map(({ conversation_id: id }) => String(id))
  const conversation = parents.at(-1) ?? ''
  const [contact] = intercom.workspace.collection('contacts').latest()
  if (contact === undefined || conversation === '') throw new Error(`seed ${seed} draws too little`)
  return {
    conversation,
    contact: contact.plan.id,
    parts: parents.filter((id) => id === conversation).length,
    spoil(faults) {
      intercom.faults.clear()
      intercom.faults.next(faults)
    },
    sync,
    judge: (reading, messages, ledger) =>
      checkMessages([messages], truthOf(reading), { ledger, expectStreams: [...reading.streams] }),
    ask(work) {
      clock.advance(restMs)
      const config = { access_token: 'simulator-token' }
      const { signal } = new AbortController()
      return withBriefClient({ config, baseUrl, adapter, clock, random: () => 0.5, signal }, work)
    },
    requests: () => intercom.requests.totals.requests,
  }
}
