import t from 'tap'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { lastStates } from '../../simulator/oracle/last-states.ts'
import { readLines } from '../../simulator/oracle/lines.ts'
import type { TruthLine } from '../../simulator/truth.ts'
import { peakMemory, startWholeService, syncLive } from '../support/whole-service.ts'

const config = { access_token: 'simulator-token' }

t.test(
  '30,000 contacts through the whole service: exactly what Intercom has, and nothing the second time',
  async (t) => {
    const { url, intercom, processes } = await startWholeService(t, ['--contacts', '30000'])
    const { messages, firstLineMs } = await syncLive(url, { config })
    const report = await checkMessages([messages], await truthOf(intercom))
    t.same(report.faults, [], 'every line is valid; nothing missing, unexpected, stale or twice')
    t.equal(report.streams.contacts?.records, 30_025)
    t.equal(report.streams.contacts?.setHash, report.streams.contacts?.truthHash)

    const job = (await (await fetch(`${url}/v1/jobs/1`)).json()) as Record<string, unknown>
    t.match(job, { status: 'succeeded', messageCount: report.lines, rowsSynced: 30_037, bytesSynced: messages.length })
    const again = Buffer.from(await (await fetch(`${url}/v1/jobs/1/messages`)).arrayBuffer())
    t.ok(again.equals(messages), 'read again, the log is the same to the byte')

    const second = await syncLive(url, { config, state: await lastStates([messages]) })
    const { streams } = await checkMessages([second.messages], undefined)
    t.same(
      Object.values(streams).map(({ records }) => records),
      [0, 0],
    )

    // Guards against hanging only: `npm run bench` measures against the figures that are promised.
    t.ok(firstLineMs < 10_000, `first line after ${Math.round(firstLineMs)} ms`)
    for (const name of ['api', 'worker'] as const) {
      const peak = await peakMemory(processes[name])
      t.ok(peak === undefined || peak < 1000, `the ${name} held at most ${peak?.toFixed(0)} MiB`)
    }
  },
)

async function truthOf(intercom: string): Promise<TruthLine[]> {
  const response = await fetch(`${intercom}/_simulator/truth`)
  const truth: TruthLine[] = []
  for await (const batch of readLines(response.body as unknown as AsyncIterable<Uint8Array>))
    for (const { bytes } of batch) truth.push(JSON.parse(bytes.toString()) as TruthLine)
  return truth
}
