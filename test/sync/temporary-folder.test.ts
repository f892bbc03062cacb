import { open } from 'node:fs/promises'
import t from 'tap'
import { writingTo } from '../../src/folder-faults.ts'
import type { CreateSpool } from '../../src/sync/contract/spool.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { collectSync, contactsOf, judge, parseLines, recordsOf } from '../support/engine.ts'
import { listenSimulator } from '../support/listening-simulator.ts'

const streams = ['companies', 'company_segments', 'contacts']

/** A spool on a disk that is full for the first writes: the system's own error. */
function onFullDisk(isFull: () => boolean): CreateSpool {
  return async () => {
    const spool = await createFileSpool()
    const append: typeof spool.append = async (page) => {
      if (isFull()) await writingTo('TMPDIR', '/scratch', writeToFullDisk)
      await spool.append(page)
    }
    return { ...spool, append }
  }
}

async function writeToFullDisk(): Promise<void> {
  const disk = await open('/dev/full', 'w')
  try {
    await disk.write(Buffer.alloc(1))
  } finally {
    await disk.close()
  }
}

async function syncWith(createSpool: CreateSpool) {
  const clock = createAcceleratedClock(Date.UTC(2026, 4, 5), 50)
  const simulator = await listenSimulator(t, { contacts: 300, companies: 250, clock })
  const begun = clock.monotonic()
  const collected = await collectSync({ streams, baseUrl: simulator.url, clock, ports: { createSpool } })
  const statuses = parseLines(collected.messages).flatMap(({ trace }) =>
    trace?.stream_status ? [`${trace.stream_status.stream_descriptor.name} ${trace.stream_status.status}`] : [],
  )
  return { ...collected, simulator, statuses, tookMs: clock.monotonic() - begun }
}

t.test('a disk that is full for a while holds up the companies only', async (t) => {
  let left = 5
  const { messages, outcome, simulator } = await syncWith(onFullDisk(() => left-- > 0))
  t.equal(outcome?.failure, undefined)
  t.same((await judge(simulator, messages)).faults, [])
  t.ok(left < 0)
})

t.test('a disk that stays full ends the streams that need it, within two minutes, and no other', async (t) => {
  const { messages, outcome, statuses, tookMs } = await syncWith(onFullDisk(() => true))
  t.match(outcome?.failure, {
    code: 'spool_failed',
    failureType: 'system_error',
    message: /^companies: .* The folder \/scratch is full \(ENOSPC\): make room there, or set TMPDIR to another one$/,
  })
  t.ok(contactsOf(messages).length >= 300)
  t.same(recordsOf(messages, 'companies'), [])
  for (const end of ['companies INCOMPLETE', 'company_segments INCOMPLETE', 'contacts COMPLETE'])
    t.ok(statuses.includes(end), end)
  t.ok(tookMs < 120_000, `${tookMs} ms`)
})
