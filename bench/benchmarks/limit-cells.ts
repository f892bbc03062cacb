import type { SimulatorOptions } from '../../simulator/options.ts'
import { usualNames } from '../../simulator/records/streams.ts'
import type { Cell, Figures } from '../benchmark.ts'
import type { Trouble } from '../programs/trouble.ts'
import { connectorOf, runProgram } from '../subjects/program.ts'
import { runJob, startService } from '../subjects/service.ts'
import { sharesOf } from '../subjects/shares-of-streams.ts'
import { manyTokens, type NotedRequest, startIntercom } from '../subjects/simulator.ts'
import { useAfter } from '../subjects/trouble-use.ts'
import { useOf } from '../subjects/use-of-limit.ts'

interface Reading {
  streams: readonly string[]
  workspace: SimulatorOptions
  /** Requests that the sync takes, about. */
  requests: number
  /** Requests without which the records cannot be had; undefined where nobody has counted them. */
  needed?: number
}

interface Situation {
  perWindow: number
  latencyMs: number
  /** @defaultValue false */
  isSecure?: boolean
  /** @defaultValue nothing goes wrong */
  trouble?: Trouble
}

/** Share of a core that connector and simulator take together under each limit; TLS with gzip takes more. */
const loads = { few: 0.1, many: 0.3, secure: 0.4 } as const

const pagesOf = (records: number, perPage = 150) => Math.ceil(records / perPage)

/** Contacts that take so many pages: of 15, where pages of 150 would be more records than two cores can send in time. */
function contacts(pages: number): Reading {
  return contactsOf(pages, pages > 2000 ? 15 : 150)
}

function contactsOf(pages: number, perPage = 150): Reading {
  const workspace = { contacts: pages * perPage, largestPage: perPage, longLists: 0 }
  // The workspace itself, and one look at what has come meanwhile.
  return { streams: ['contacts'], workspace, requests: pages, needed: pages + 2 }
}

/** A part of them changed in one second, as an import does it. */
function bulkEdit(pages: number, together: number): Reading {
  const reading = contactsOf(pages)
  const second = Date.UTC(2025, 0, 1) / 1000
  const firstTimes = { contacts: Array.from({ length: together }, () => second) }
  return { ...reading, workspace: { ...reading.workspace, firstTimes } }
}

function parts(conversations: number): Reading {
  const needed = conversations + pagesOf(conversations) + 2
  return { streams: ['conversations', 'conversation_parts'], workspace: { conversations }, requests: needed, needed }
}

function companies(count: number): Reading {
  const needed = count + pagesOf(count, 100) + 2
  return { streams: ['companies', 'company_segments'], workspace: { companies: count }, requests: needed, needed }
}

function allStreams(requests: number): Reading {
  const [conversations, companies] = [Math.ceil(requests * 0.6), Math.ceil(requests * 0.3)]
  const workspace = { conversations, companies, contacts: requests * 10, tickets: conversations, activityLogs: 500 }
  return { streams: usualNames, workspace, requests }
}

function cellOf(name: string, reading: Reading, situation: Situation): Cell {
  const { perWindow, latencyMs, isSecure = false } = situation
  const load = perWindow < 1000 ? loads.few : isSecure ? loads.secure : loads.many
  return {
    name: `${name}-${perWindow}-${latencyMs}${isSecure ? '-tls' : ''}`,
    load,
    ...measured(reading, situation),
  }
}

/** One run of the connector. */
function measured(reading: Reading, situation: Situation): Pick<Cell, 'seconds' | 'open'> {
  const { streams, workspace } = reading
  const { perWindow, latencyMs, isSecure = false, trouble } = situation
  return {
    seconds: Math.ceil((reading.requests / perWindow) * 10) + 15,
    async open(t) {
      const options = { ...workspace, rateLimitPerWindow: perWindow, latencyMs }
      const intercom = await startIntercom(t, options, { isSecure, trouble })
      const program = connectorOf(t, intercom, streams)
      return async () => {
        const before = intercom.cost()
        const run = await runProgram(program)
        const cpuSeconds = run.cpuSeconds + intercom.cost().cpuSeconds - before.cpuSeconds
        const requests = await intercom.requests()
        const use = useOf(requests, situation, reading.needed)
        const firstMs = run.firstRecordAt - (requests[0]?.time ?? Number.NaN)
        return {
          connector: {
            ...use,
            firstTrips: firstMs / latencyMs,
            recordsPerSecond: run.records / use.seconds,
            cores: cpuSeconds / run.seconds,
            ...againOf(requests, reading),
            ...(streams === usualNames && sharesOf(requests, latencyMs)),
            ...(trouble && useAfter(requests, perWindow, trouble)),
          },
        }
      }
    },
  }
}

/** How many contacts came more than once in the answers to searches. */
function againOf(requests: readonly NotedRequest[], { streams, workspace }: Reading): Figures {
  if (streams.join() !== 'contacts' || !workspace.contacts) return {}
  const searches = requests.filter(({ route }) => route === '/contacts/search')
  return { again: searches.reduce((sum, { records }) => sum + records, 0) / workspace.contacts - 1 }
}

/** Contacts that fit into one window, by the connector and by a service. */
function oneWindow(name: string, pages: number, situation: Situation): Cell {
  const reading = contactsOf(pages)
  const { perWindow, latencyMs } = situation
  return {
    name,
    seconds: 45,
    async open(t) {
      const connector = await measured(reading, situation).open(t)
      // A token of its own has a limit of its own.
      const { tokens, accessTokens } = manyTokens(2)
      const options = { ...reading.workspace, accessTokens, rateLimitPerWindow: perWindow, latencyMs }
      const intercom = await startIntercom(t, options)
      const service = await startService(t, intercom)
      return async () => {
        const ofConnector = await connector()
        const job = await runJob(service.url, { token: tokens[1] ?? '', streams: reading.streams })
        const requests = await intercom.requests()
        const use = useOf(requests, situation, reading.needed)
        const firstAnswerAt = (requests[0]?.time ?? Number.NaN) + latencyMs
        const secondsAfterFirst = (job.endedAt - firstAnswerAt) / 1000
        const figures = { ...use, secondsAfterFirst, recordsPerSecond: job.records / job.seconds }
        return { ...ofConnector, service: figures }
      }
    },
  }
}

/** What goes wrong 25 s after the first request, in the middle of a sync of parts. */
const troubles: Readonly<Record<string, Omit<Trouble, 'afterMs'>>> = {
  'latency-doubles': { latencyMs: 800 },
  'errors-burst': { status: 503, forMs: 2000 },
  'refusals-burst': { status: 429, forMs: 2000 },
}

/** Sized to last for 6 to 12 windows. */
export function limitCells(amount: (usual: number) => number): readonly Cell[] {
  const [many, few] = [amount(11_000), amount(1100)]
  const readings = { contacts, parts, companies, all: allStreams }
  const usual = { perWindow: 1667, latencyMs: 400 }
  // The longest first, so that none is left alone at the end.
  return [
    cellOf('parts', parts(amount(20_000)), usual),
    ...Object.entries(readings).map(([name, read]) => cellOf(name, read(few), { ...usual, perWindow: 167 })),
    ...Object.entries(readings).flatMap(([name, read]) =>
      (name === 'parts' ? [100] : [100, 400]).map((latencyMs) => cellOf(name, read(many), { ...usual, latencyMs })),
    ),
    ...[20, 800].map((latencyMs) => cellOf('parts', parts(many), { ...usual, latencyMs })),
    ...Object.entries({ contacts, parts }).map(([name, read]) =>
      cellOf(name, read(many), { ...usual, isSecure: true }),
    ),
    ...Object.entries(troubles).map(([name, trouble]) => ({
      name,
      load: loads.many,
      ...measured(parts(many), { ...usual, trouble: { afterMs: 25_000, ...trouble } }),
    })),
    oneWindow('contacts-of-150', amount(1334), usual),
    { name: 'contacts-60000', ...measured(contactsOf(amount(400)), { ...usual, latencyMs: 100 }) },
    { name: 'bulk-edit', ...measured(bulkEdit(amount(400), amount(4000)), { ...usual, latencyMs: 100 }) },
  ]
}
