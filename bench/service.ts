import { peakMemory, startWholeService, syncLive, type WholeService } from '../test/support/whole-service.ts'

/**
 * A first sync of 30,000 contacts through the whole service, every part in a process of its own: how fast, how soon the
 * first line, and how much memory each process takes.
 */

const contacts = 30_000
const rounds = 3

const closers: (() => unknown)[] = []
const service = await startWholeService({ teardown: (close) => closers.push(close) }, ['--contacts', String(contacts)])
try {
  for (let round = 1; round <= rounds; round++) await measure(service, round)
} finally {
  for (const close of closers.reverse()) await close()
}

async function measure({ url, processes }: WholeService, round: number): Promise<void> {
  const start = performance.now()
  const { messages, firstLineMs } = await syncLive(url, { config: { access_token: 'simulator-token' } })
  const seconds = (performance.now() - start) / 1000
  const [api, worker] = await Promise.all([peakMemory(processes.api), peakMemory(processes.worker)])
  const figures = {
    round,
    seconds: Number(seconds.toFixed(2)),
    recordsPerSecond: Math.round(contacts / seconds),
    mebibytesPerSecond: Number((messages.length / 2 ** 20 / seconds).toFixed(1)),
    firstLineMs: Math.round(firstLineMs),
    peakMebibytes: { api: api && Math.round(api), worker: worker && Math.round(worker) },
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}
