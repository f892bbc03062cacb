import { usualNames } from '../../simulator/records/streams.ts'
import { streamTable } from '../../src/streams/table.ts'
import type { Benchmark, Cell } from '../benchmark.ts'
import { runJob, startService } from '../subjects/service.ts'
import { manyTokens, startIntercom } from '../subjects/simulator.ts'
import { startUpCell } from '../subjects/start-up.ts'

const usualLatencyMs = 200
const rounds = 5
/** The usual streams, and one that must be named. */
const streams = [...usualNames, 'articles']

/** A parent has to come first. */
const tripsOf = (stream: string) => (streamTable.find(({ name }) => name === stream)?.child ? 3 : 2)

/** POST to first record, for one stream after the other, each time with a token that the service has never met. */
function firstRecords(name: string, large: number, latencyMs: number): Cell {
  return {
    name,
    rounds,
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
        accessTokens,
        latencyMs,
      })
      const service = await startService(t, intercom)
      // Connections are made, and code is compiled.
      await runJob(service.url, { token: tokens.pop() ?? '', streams: ['tags'], onlyFirst: true })
      return async () => {
        const figures: [string, Record<string, number>][] = []
        for (const stream of streams) {
          const job = { token: tokens.pop() ?? '', streams: [stream], onlyFirst: true }
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
    '`start-up` is a command from its start to its end, and `serve` until it listens. _node_ does nothing.',
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
    { name: 'start-up', title: 'Start-up, seconds', figure: 'seconds', rows: /^start-up/, digits: 2 },
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
  ],
}
