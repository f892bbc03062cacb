import { usualNames } from '../../simulator/records/streams.ts'
import { streamTable } from '../../src/streams/table.ts'
import type { Benchmark, Cell } from '../benchmark.ts'
import { runJob, startService } from '../subjects/service.ts'
import { manyTokens, startIntercom } from '../subjects/simulator.ts'
import { demoCell, startUpCell } from '../subjects/start-up.ts'

const usualLatencyMs = 200
const rounds = 5
/** Streams that must be named, one for each way of reading. */
const namedStreams = {
  articles: 'list in pages by number',
  deleted_conversations: 'list that is newest first',
  macros: 'list by cursor',
  contact_activities: 'log by cursor',
  ticket_types: 'list in one answer',
  contact_tags: 'rows inside records',
  contact_notes: 'children of a search',
  article_statistics: 'single child of a list',
  call_transcripts: 'children of several parents at a time',
  contact_segments: 'children found by a search',
}
const streams = [...usualNames, ...Object.keys(namedStreams)]

const entryOf = (stream: string) => streamTable.find(({ name }) => name === stream)
/** A parent has to come first. */
const tripsOf = (stream: string) => (entryOf(stream)?.child ? 3 : 2)
/** Some exist only in versions of the API after the usual one. */
const versionOf = (stream: string) => (entryOf(stream)?.since === undefined ? undefined : '2.17')

/** POST to first record, for one stream after the other, each time with a token that the service has never met. */
function firstRecords(name: string, large: number, latencyMs: number): Cell {
  return {
    name,
    rounds,
    seconds: 120,
    async open(t) {
      const { tokens, accessTokens } = manyTokens((rounds + 1) * streams.length)
      const tenth = Math.ceil(large / 10)
      const intercom = await startIntercom(t, {
        contacts: large,
        conversations: tenth,
        companies: tenth,
        tickets: tenth,
        activityLogs: tenth,
        articles: Math.ceil(large / 1000),
        deletedConversations: Math.ceil(large / 100),
        contactActivities: Math.ceil(large / 100),
        lists: { macros: Math.ceil(large / 1000), calls: Math.ceil(large / 1000) },
        references: 10,
        accessTokens,
        latencyMs,
      })
      const service = await startService(t, intercom)
      // Connections are made, and code is compiled.
      await runJob(service.url, { token: tokens.pop() ?? '', streams: ['tags'], onlyFirst: true })
      return async () => {
        const figures: [string, Record<string, number>][] = []
        for (const stream of streams) {
          const job = {
            token: tokens.pop() ?? '',
            streams: [stream],
            apiVersion: versionOf(stream),
            onlyFirst: true,
          }
          const { firstRecordMs } = await runJob(service.url, job)
          const trips = tripsOf(stream)
          figures.push([
            stream,
            { firstRecordMs, trips: firstRecordMs / latencyMs, beyondMs: firstRecordMs - trips * latencyMs },
          ])
        }
        return Object.fromEntries(figures)
      }
    },
  }
}

export const latency: Benchmark = {
  name: 'latency',
  title: 'How soon',
  about: [
    `\`first-100000\` is the time from \`POST /v1/jobs\` to the first record over HTTP, for each stream by itself, in a workspace of 100,000 contacts and 10,000 conversations, companies, tickets and log entries, with a token that the service has never met; \`first-1000\` is the same in a hundredth of it. An answer takes ${usualLatencyMs} ms; _beyond_ is what comes on top of two round trips, of three for streams that are read parent by parent.`,
    `Streams that must be named are there once for each way of reading: ${Object.entries(namedStreams)
      .map(([stream, way]) => `\`${stream}\` (${way})`)
      .join(', ')}.`,
    '`start-up` is a command from its start to its end, and `serve` until it listens; `estimate` is of 10 contacts, and `watch` of a job that has ended. _node_ does nothing. `demo` is the whole demo: its first sync takes more requests than one window of its simulated Intercom allows.',
  ],
  columns: [
    { figure: 'firstRecordMs', heading: 'First record, ms', digits: 0 },
    { figure: 'trips', heading: 'Round trips', digits: 1 },
    { figure: 'beyondMs', heading: 'Beyond, ms', digits: 0 },
    { figure: 'seconds', heading: 'Seconds', digits: 3 },
    { figure: 'cpuSeconds', heading: 'CPU s', digits: 3 },
  ],
  plots: [
    {
      name: 'first-records',
      title: 'POST to first record, round trips',
      figure: 'trips',
      rows: /^first-/,
      digits: 1,
      line: { at: 2, label: '2' },
    },
    { name: 'start-up', title: 'Start-up, seconds', figure: 'seconds', rows: /^(start-up|demo)/, digits: 2 },
  ],
  goals: [
    {
      text: 'First record beyond two round trips (children three), ms',
      rows: /^first-\d+ (?!activity_logs)/,
      figure: 'beyondMs',
      atMost: 50,
    },
    { text: '`spec`, s', rows: /^start-up spec/, figure: 'seconds', atMost: 0.15 },
  ],
  headlines: [
    {
      row: 'first-100000 contacts',
      figure: 'trips',
      digits: 1,
      text: 'the first of 100,000 contacts comes {} round trips after the POST',
    },
  ],
  cells: (amount) => [
    ...[1000, 100_000].map((contacts) => firstRecords(`first-${contacts}`, amount(contacts), amount(usualLatencyMs))),
    startUpCell(),
    demoCell(amount(10_000)),
  ],
}
