import { exitCodes } from '../../src/command-line/exit-code.ts'
import { readArguments, readCount } from '../../src/command-line/read-arguments.ts'
import { UsageError } from '../../src/command-line/usage-error.ts'
import type { TruthLine } from '../truth/truth.ts'
import { checkMessages } from './check-messages.ts'
import { type NdjsonSource, readLines } from './lines.ts'
import { formatReport } from './report.ts'

/** Judges a file of messages, and prints a report; the exit code is 1 when there is a fault. */
export async function oracle(args: string[]): Promise<void> {
  try {
    const { options, operands } = readArguments('oracle', args)
    const { truth, streams } = options
    const visibleAt = readCount('oracle', '--visible-at', options['visible-at'])
    const lowerBound = readCount('oracle', '--lower-bound', options['lower-bound'])
    const [file = ''] = operands
    const source = file === '-' ? process.stdin : file
    const report = await checkMessages(source, truth === undefined ? undefined : readTruth(truth), {
      ...(visibleAt !== undefined && { visibleAt }),
      ...(lowerBound !== undefined && { lowerBound }),
      ...(streams !== undefined && { expectStreams: streams.split(',') }),
    })
    process.stdout.write(formatReport(report))
    process.exitCode = report.ok ? exitCodes.done : exitCodes.failed
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`intercom-sync: ${error.message}\n`)
    process.exitCode = exitCodes.usage
  }
}

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
