import { parseArgs } from 'node:util'
import type { TruthLine } from '../truth/truth.ts'
import { type CheckOptions, checkMessages } from './check-messages.ts'
import { type NdjsonSource, readLines } from './lines.ts'
import { formatReport } from './report.ts'

const usage = 'oracle [--truth URL|FILE] [--visible-at MS] [--lower-bound SECONDS] [--streams a,b] FILE|-'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    truth: { type: 'string' },
    'visible-at': { type: 'string' },
    'lower-bound': { type: 'string' },
    streams: { type: 'string' },
  },
})

/** The truth from a running simulator, given its address, or from a file. */
async function* readTruth(place: string): AsyncGenerator<TruthLine> {
  for await (const batch of readLines(await openTruth(place))) {
    for (const { bytes } of batch) yield JSON.parse(bytes.toString()) as TruthLine
  }
}

async function openTruth(place: string): Promise<NdjsonSource> {
  if (!/^https?:/.test(place)) return place
  const url = new URL(place)
  if (url.pathname === '/') url.pathname = '/_simulator/truth'
  const response = await fetch(url)
  if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`)
  return response.body
}

const [file] = positionals
if (file === undefined || positionals.length > 1) {
  process.stderr.write(`usage: ${usage}\n`)
  process.exitCode = 2
} else {
  const { truth, streams } = values
  const options: CheckOptions = {
    ...(values['visible-at'] === undefined ? {} : { visibleAt: Number(values['visible-at']) }),
    ...(values['lower-bound'] === undefined ? {} : { lowerBound: Number(values['lower-bound']) }),
    ...(streams === undefined ? {} : { expectStreams: streams.split(',') }),
  }
  const report = await checkMessages(
    file === '-' ? process.stdin : file,
    truth === undefined ? undefined : readTruth(truth),
    options,
  )
  process.stdout.write(formatReport(report))
  process.exitCode = report.ok ? 0 : 1
}
