import type { SimulatorOptions } from '../../simulator/options.ts'
import { usualNames } from '../../simulator/records/streams.ts'
import type { Benchmark, Cell } from '../benchmark.ts'
import { connectorOf, runProgram } from '../subjects/program.ts'
import { startIntercom } from '../subjects/simulator.ts'
import { useColumns, useOf } from '../subjects/use-of-limit.ts'

interface Reading {
  streams: readonly string[]
  workspace: SimulatorOptions
  /** Requests without which the records cannot be had; undefined where nobody has counted them. */
  needed?: number
}

interface Situation {
  perWindow: number
  latencyMs: number
  /** @defaultValue false */
  isSecure?: boolean
}

const pagesOf = (records: number, perPage = 150) => Math.ceil(records / perPage)

/** Contacts that take so many pages: of 15, where pages of 150 would be more records than two cores can send in time. */
function contacts(pages: number): Reading {
  const perPage = pages > 2000 ? 15 : 150
  const workspace = { contacts: pages * perPage, largestPage: perPage, longLists: 0 }
  // The workspace itself, and one look at what has come meanwhile.
  return { streams: ['contacts'], workspace, needed: pages + 2 }
}

function parts(conversations: number): Reading {
  const needed = conversations + pagesOf(conversations) + 2
  return { streams: ['conversations', 'conversation_parts'], workspace: { conversations }, needed }
}

function companies(count: number): Reading {
  const needed = count + pagesOf(count, 100) + 2
  return { streams: ['companies', 'company_segments'], workspace: { companies: count }, needed }
}

function allStreams(requests: number): Reading {
  const [conversations, companies] = [Math.ceil(requests * 0.6), Math.ceil(requests * 0.3)]
  const workspace = { conversations, companies, contacts: requests * 10, tickets: conversations, activityLogs: 500 }
  return { streams: usualNames, workspace }
}

function cellOf(name: string, { streams, workspace, needed }: Reading, situation: Situation): Cell {
  const { perWindow, latencyMs, isSecure = false } = situation
  return {
    name: `${name}-${perWindow}-${latencyMs}${isSecure ? '-tls' : ''}`,
    ...(perWindow < 1000 && { waits: true }),
    async open(t) {
      const options = { ...workspace, rateLimitPerWindow: perWindow, latencyMs }
      const intercom = await startIntercom(t, options, { isSecure })
      const program = connectorOf(t, intercom, streams)
      return async () => {
        const { records, firstRecordAt } = await runProgram(program)
        const requests = await intercom.requests()
        const use = useOf(requests, situation, needed)
        const firstMs = firstRecordAt - (requests[0]?.time ?? Number.NaN)
        return { connector: { ...use, firstTrips: firstMs / latencyMs, recordsPerSecond: records / use.seconds } }
      }
    },
  }
}

/** Sized to last for 6 to 12 windows. */
function cells(amount: (usual: number) => number): readonly Cell[] {
  const [many, few] = [amount(11_000), amount(1100)]
  const readings = { contacts, parts, companies, all: allStreams }
  return [
    ...Object.entries(readings).map(([name, read]) => cellOf(name, read(few), { perWindow: 167, latencyMs: 400 })),
    ...Object.entries(readings).flatMap(([name, read]) =>
      [100, 400].map((latencyMs) => cellOf(name, read(many), { perWindow: 1667, latencyMs })),
    ),
    ...[20, 800].map((latencyMs) => cellOf('parts', parts(many), { perWindow: 1667, latencyMs })),
    ...Object.entries({ contacts, parts }).map(([name, read]) =>
      cellOf(name, read(many), { perWindow: 1667, latencyMs: 400, isSecure: true }),
    ),
    // They fit into one window.
    cellOf('contacts-of-150', contacts(amount(1334)), { perWindow: 1667, latencyMs: 400 }),
  ]
}

export const limit: Benchmark = {
  name: 'limit',
  title: 'The limit, at the latency that Intercom has',
  about: [
    'One connector reads a workspace whose answers take so many milliseconds, under a limit of so many requests per 10 s: `parts-1667-400` is conversations with their parts, 1,667 requests, 400 ms. 1,667 is what Intercom gives by default, and 200 to 500 ms is an ordinary answer. `-tls` answers over TLS and with gzip. The contacts come in pages of 15 under the larger limit, so that they last for some windows; those of `contacts-of-150` fit into one window.',
    '_Used_ is the share of the allowed requests that was made in the windows between the first and the last, _at least_ that of the window that used least. _Times ideal_ is the time from the first request to the last answer, by that of as many requests at the allowed rate; _later_ is the same from the second window on, because a sync may begin at any time of a window. _Beyond_ is the share of requests that would not be needed if nobody had to count, to cut and to look again. _Refused_ is the share of 429s.',
  ],
  columns: [
    ...useColumns,
    { figure: 'firstTrips', heading: 'First record, trips', digits: 1 },
    { figure: 'recordsPerSecond', heading: 'Records/s', digits: 0 },
  ],
  plots: [
    {
      name: 'limit',
      title: 'Share of full windows used, %',
      figure: 'used',
      rows: /./,
      factor: 100,
      digits: 1,
      line: { at: 97, label: '97 %' },
    },
  ],
  goals: [
    {
      text: 'Used of every full window, parts at 100 and 400 ms',
      rows: /^parts-1667-[14]00/,
      figure: 'leastUsed',
      atLeast: 0.97,
    },
    { text: 'Used of every full window, all default streams', rows: /^all-1667/, figure: 'leastUsed', atLeast: 0.97 },
    { text: 'Used of every full window, contacts', rows: /^contacts-1667/, figure: 'leastUsed', atLeast: 0.97 },
    { text: 'Refused', rows: /./, figure: 'refused', atMost: 0.005 },
    { text: 'Times ideal, parts at 100 and 400 ms', rows: /^parts-1667-[14]00/, figure: 'timesIdeal', atMost: 1.1 },
    { text: 'Times ideal, all default streams', rows: /^all-1667/, figure: 'timesIdeal', atMost: 1.1 },
    {
      text: '200,000 contacts after the first answer, s',
      rows: /^contacts-of-150/,
      figure: 'secondsAfterFirst',
      atMost: 6,
    },
    { text: 'Requests beyond those needed, contacts', rows: /^contacts/, figure: 'beyond', atMost: 0.03 },
  ],
  headlines: [
    {
      row: 'parts-1667-400 connector',
      figure: 'used',
      factor: 100,
      digits: 1,
      text: 'at 1,667 requests per 10 s and 400 ms an answer, a sync of conversations with their parts uses {} % of every full window',
    },
  ],
  cells,
}
