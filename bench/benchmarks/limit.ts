import type { Benchmark } from '../benchmark.ts'
import { useColumns } from '../subjects/use-of-limit.ts'
import { limitCells } from './limit-cells.ts'

export const limit: Benchmark = {
  name: 'limit',
  title: 'The limit, at the latency that Intercom has',
  about: [
    'One connector reads a workspace whose answers take so many milliseconds, under a limit of so many requests per 10 s: `parts-1667-400` is conversations with their parts, 1,667 requests, 400 ms. 1,667 is what Intercom gives by default, and 200 to 500 ms is an ordinary answer. `-tls` answers over TLS and with gzip.',
    'The contacts come in pages of 15 under the larger limit, so that they last for some windows; the 200,000 of `contacts-of-150` fit into one window, and a service reads them, too. Cells that leave the cores mostly idle were measured side by side, each with an Intercom of its own; _cores_ is what connector and simulator took of them.',
    '_Used_ is the share of the allowed requests that was made in the windows between the first and the last, _at least_ that of the window that used least. _Times ideal_ is the time from the first request to the last answer, by that of as many requests at the allowed rate; _later_ is the same from the second window on, because a sync may begin at any time of a window. _Beyond_ is the share of requests that would not be needed if nobody had to count, to cut and to look again. _Refused_ is the share of 429s.',
    '`contacts-60000` is 60,000 contacts, `bulk-edit` the same with 4,000 of them changed in one second; _again_ is the share of records that came more than once in the answers.',
    `In \`all\`, the default streams of a workspace are read in one job. _Slowest share_ is what the slowest of contacts, conversations and company segments had of its fair share of the requests, while all of them had some to make; _scroll_ is how long the next page of the list of companies was not asked for although the one before had come.`,
    'In `latency-doubles`, `errors-burst` and `refusals-burst`, parts are read at 400 ms; 25 s after the first request answers take 800 ms from then on, or for two seconds each is a 503 or a 429. _After trouble_ is what the least used window has used from the second one after it on; _refused_ counts only what came beyond the limit.',
  ],
  columns: [
    ...useColumns,
    { figure: 'firstTrips', heading: 'First record, trips', digits: 1 },
    { figure: 'recordsPerSecond', heading: 'Records/s', digits: 0 },
    { figure: 'again', heading: 'Again, %', factor: 100, digits: 1 },
    { figure: 'slowestShare', heading: 'Slowest share, %', factor: 100, digits: 0 },
    { figure: 'scrollGapMs', heading: 'Scroll, ms', digits: 0 },
    { figure: 'usedAfterTrouble', heading: 'After trouble, %', factor: 100, digits: 1 },
    { figure: 'cores', heading: 'Cores', digits: 2 },
  ],
  plots: [
    {
      name: 'limit',
      title: 'Share of full windows used, %',
      figure: 'used',
      rows: /-(167|1667)-/,
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
      text: '200,000 contacts after the first answer by the connector, s',
      rows: /^contacts-of-150 connector/,
      figure: 'secondsAfterFirst',
      atMost: 6,
    },
    {
      text: '200,000 contacts after the first answer by the service, s',
      rows: /^contacts-of-150 service/,
      figure: 'secondsAfterFirst',
      atMost: 9,
    },
    {
      text: 'Requests beyond those needed, contacts',
      rows: /^(contacts-(of|\d+0000)|bulk)/,
      figure: 'beyond',
      atMost: 0.03,
    },
    {
      text: 'Slowest of the streams of one job, of its fair share',
      rows: /^all-1667/,
      figure: 'slowestShare',
      atLeast: 0.25,
    },
    { text: 'Scroll that we keep waiting, ms', rows: /^all-1667/, figure: 'scrollGapMs', atMost: 1000 },
    {
      text: 'Used two windows after latency has doubled, or after a burst of 503 or 429',
      rows: /./,
      figure: 'usedAfterTrouble',
      atLeast: 0.9,
    },
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
  cells: limitCells,
}
