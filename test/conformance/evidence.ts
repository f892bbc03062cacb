import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { streamTable } from '../../src/streams/table.ts'
import { configuredCatalog } from '../support/configured-catalog.ts'
import type { ListeningSimulator } from '../support/listening-simulator.ts'
import type { DiscoveredStream, Driver, Run } from './driver.ts'

/** Everything that one driver gave, in the order in which it was asked. */
export interface Evidence {
  /** A config as Airbyte stores it, with members that are the platform's own. */
  config: Record<string, unknown>
  spec: Run
  check: Run
  /** Of a token that Intercom does not know. */
  refusedCheck: Run
  discover: Run
  streams: DiscoveredStream[]
  /** Two full refreshes of all streams. */
  fullRefresh: [Run, Run]
  /** What the truth says against the first of them. */
  untrue: unknown[]
  /** Incremental asked of all streams, of those too that cannot. */
  incremental: Run
  /** The same again, with the states of the first; nothing has changed. */
  quiet: Run
  /** Reads from states that the first incremental read has given on its way. */
  resumed: { state: State[]; run: Run }[]
  /** The states of `quiet`, and a read from them after records were made. */
  changed: { state: State[]; made: number; run: Run }
  /** From states far in the future. */
  future: Run
  unknownStream: Run
  invalidMode: Run
  /** Of contacts and tags with a token that may not read tags. */
  partial: Run
  /** Intercom gives a tag without members. */
  emptyRecord: Run
  /** The catalog has a primary key that is too weak, and appends children. */
  spoiling: Run
  /** A check when Intercom cannot be reached. */
  unreachable: Run
}

/** A STREAM state. */
export interface State {
  type: string
  stream: { stream_descriptor: { name: string }; stream_state: Record<string, unknown> | null }
}

/** Later than any clock that is right; the figure Airbyte's own tests use. */
const farFuture = 7_626_086_649

/** How many states of a read are gone on from. */
const mostResumed = 10

/** @param intercom closed at the end, to see what a check says then */
export async function gatherEvidence(driver: Driver, intercom: ListeningSimulator): Promise<Evidence> {
  const config = {
    access_token: 'simulator-token',
    start_date: '2020-01-01T00:00:00Z',
    // The one that has all streams.
    api_version: '2.17',
    __injected: { by: 'platform' },
  }
  const streams = streamTable.map(({ name }) => name)
  const whole = configuredCatalog(streams, 'full_refresh')
  const increments = configuredCatalog(streams, 'incremental')

  const spec = await driver.spec()
  const check = await driver.check(config)
  const refusedCheck = await driver.check({ ...config, access_token: 'revoked' })
  const discover = await driver.discover(config)
  const fullRefresh: [Run, Run] = [
    await driver.read({ config, catalog: whole }),
    await driver.read({ config, catalog: whole }),
  ]
  const truth = intercom.workspace.truth({ version: config.api_version, streams })
  const { faults: untrue } = await checkMessages([Buffer.from(`${fullRefresh[0].lines.join('\n')}\n`)], truth, {
    expectStreams: streams,
  })
  const incremental = await driver.read({ config, catalog: increments, state: [] })
  const resumed: Evidence['resumed'] = []
  for (const state of someStates(incremental))
    resumed.push({ state, run: await driver.read({ config, catalog: increments, state }) })
  const quiet = await driver.read({ config, catalog: increments, state: statesUpTo(incremental) })
  const state = statesUpTo(quiet)
  const made = intercom.workspace.mutate({ stream: 'contacts', kind: 'create', count: 3 }).length
  const changed = { state, made, run: await driver.read({ config, catalog: increments, state }) }
  const future = await driver.read({ config, catalog: configuredCatalog(incrementalStreams), state: futureStates() })

  const tags = configuredCatalog(['tags'])
  const [tagStream] = tags.streams
  const unknown = { ...tagStream, stream: { ...tagStream?.stream, name: '__AIRBYTE__stream_that_does_not_exist' } }
  const unknownStream = await driver.read({ config, catalog: { streams: [unknown] } })
  const invalidMode = await driver.read({
    config,
    catalog: { streams: [{ ...tagStream, sync_mode: 'INVALID' }] },
  })
  const partial = await driver.read({
    config: { ...config, access_token: 'token-without-tags' },
    catalog: configuredCatalog(['contacts', 'tags']),
  })
  intercom.faults.next([{ match: { path: '/tags' }, body: { type: 'list', data: [{}, { id: '7', name: 'seven' }] } }])
  const emptyRecord = await driver.read({ config, catalog: tags })
  const spoiling = await driver.read({ config, catalog: spoilingCatalog() })
  await intercom.app.close()
  const unreachable = await driver.check(config)

  return {
    ...{ config, spec, check, refusedCheck, discover, fullRefresh, untrue, incremental, quiet, resumed, changed },
    ...{ future, unknownStream, invalidMode, partial, emptyRecord, spoiling, unreachable },
    streams: discover.messages.flatMap(({ catalog }) => catalog?.streams ?? []),
  }
}

const incrementalStreams = streamTable.flatMap(({ name, cursor }) => (cursor ? [name] : []))

/** The last state of each stream among the first lines of a run. */
function statesUpTo({ messages }: Run, length = messages.length): State[] {
  const states = new Map<string, State>()
  for (const { state } of messages.slice(0, length)) if (state) states.set(state.stream.stream_descriptor.name, state)
  return [...states.values()]
}

/** What a platform holds after some of the states of a run, the places spread over it. */
function someStates(run: Run): State[][] {
  const places = run.messages.flatMap(({ state }, index) => (state ? [index + 1] : []))
  const chosen = Array.from({ length: mostResumed }, (_none, index) =>
    places.at(Math.round((index * (places.length - 1)) / (mostResumed - 1))),
  )
  return [...new Set(chosen)].map((place = 0) => statesUpTo(run, place))
}

function futureStates(): State[] {
  return streamTable.flatMap(({ name, cursor }) =>
    cursor ? [{ type: 'STREAM', stream: { stream_descriptor: { name }, stream_state: { [cursor]: farFuture } } }] : [],
  )
}

function spoilingCatalog(): object {
  const { streams } = configuredCatalog(['company_segments', 'conversation_parts'], 'incremental')
  return {
    streams: streams.map((configured) => ({
      ...configured,
      ...(configured.stream.name === 'company_segments'
        ? { primary_key: [['id']] }
        : { destination_sync_mode: 'append' }),
    })),
  }
}
