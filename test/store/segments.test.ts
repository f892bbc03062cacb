import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createRandom } from '../../simulator/random.ts'
import { CodedError } from '../../src/errors.ts'
import type { LogEntry } from '../../src/store/segments/log-entry.ts'
import { machineDisk } from '../../src/store/segments/segment-disk.ts'
import type { IndexedSegment } from '../../src/store/segments/segment-index.ts'
import { layOutSegment } from '../../src/store/segments/segment-layout.ts'
import { createSegmentReader } from '../../src/store/segments/segment-reading.ts'
import { writeSegment } from '../../src/store/segments/segment-writing.ts'

const root = await mkdtemp(join(tmpdir(), 'intercom-sync-segments-'))
t.teardown(() => rm(root, { recursive: true, force: true }))
await mkdir(join(root, 'mine'))
const reader = createSegmentReader({ root, mayBeElsewhere: async () => false })
const everything = { mostEntries: 1000, mostBytes: 1e9 }

/** Entries of random sizes, some with checkpoints, the first one after so many messages. */
function randomEntries(random: () => number, after: number, count: number): LogEntry[] {
  let lastOffset = after
  return Array.from({ length: count }, () => {
    const messageCount = 1 + Math.floor(random() * 50)
    lastOffset += messageCount
    const checkpoints = random() < 0.5 ? Buffer.from(JSON.stringify([{ offset: lastOffset }])) : Buffer.alloc(0)
    return { lastOffset, messageCount, bytes: 100, blob: randomBytes(Math.floor(random() * 300)), checkpoints }
  })
}

async function write(name: string, after: number, entries: LogEntry[]): Promise<IndexedSegment> {
  const content = layOutSegment(entries)
  await writeSegment(machineDisk, join(root, 'mine'), name, content)
  return {
    file: `mine/${name}`,
    after,
    lastOffset: entries.at(-1)?.lastOffset ?? 0,
    size: content.size,
    tableAt: content.table.at,
    tableChecksum: content.table.checksum,
  }
}

const blobsOf = (entries: readonly LogEntry[]) =>
  entries.map(({ lastOffset, blob }) => [lastOffset, blob.toString('hex')])

/** Reads a segment to its end, as far as it can be read. */
async function readOn(segment: IndexedSegment, after: number) {
  const entries: LogEntry[] = []
  for (let held = after; held < segment.lastOffset; ) {
    const piece = await reader.readEntries(segment, held, { mostEntries: 3, mostBytes: 250 })
    if (piece.length === 0) throw new Error('nothing was read, and nothing was said')
    entries.push(...piece)
    held = piece.at(-1)?.lastOffset ?? held
  }
  return entries
}

async function readCheckpoints(segment: IndexedSegment, at: number): Promise<string[]> {
  const found: string[] = []
  await reader.readCheckpoints(segment, at, (text) => found.push(text) > 0)
  return found
}

t.test('a segment gives back its entries from any offset, and the checkpoints at or before it', async (t) => {
  const random = createRandom(7, 0)
  const entries = randomEntries(random, 1000, 10)
  const segment = await write('whole.segment', 1000, entries)
  for (let after = 1000; after < segment.lastOffset; after++) {
    const expected = entries.filter(({ lastOffset }) => lastOffset > after)
    if (JSON.stringify(blobsOf(await readOn(segment, after))) !== JSON.stringify(blobsOf(expected)))
      t.fail(`after ${after}`)
    const before = entries.filter((one) => one.lastOffset - one.messageCount < after && one.checkpoints.length > 0)
    const texts = before.map(({ checkpoints }) => checkpoints.toString()).reverse()
    if (JSON.stringify(await readCheckpoints(segment, after)) !== JSON.stringify(texts))
      t.fail(`checkpoints at ${after}`)
  }
  t.equal((await readOn(segment, 1000)).length, 10)
})

/** What a damaged file gives: everything before the damage, and then the error that names the rest. */
async function expectTold(segment: IndexedSegment, entries: readonly LogEntry[]): Promise<string | undefined> {
  let held = segment.after
  try {
    while (held < segment.lastOffset) {
      const piece = await reader.readEntries(segment, held, everything)
      if (piece.length === 0) return 'nothing was said'
      const expected = entries.filter((one) => one.lastOffset > held).slice(0, piece.length)
      if (JSON.stringify(blobsOf(piece)) !== JSON.stringify(blobsOf(expected))) return 'other bytes'
      held = piece.at(-1)?.lastOffset ?? held
    }
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'log_damaged') return `another error: ${error}`
    const { lostAfter, lostUntil } = error.extensions
    const named = Number(lostAfter) <= held && Number(lostUntil) > held && Number(lostUntil) <= segment.lastOffset
    return named ? 'told' : `named ${lostAfter} to ${lostUntil} at ${held}`
  }
  try {
    const texts = entries.filter(({ checkpoints }) => checkpoints.length > 0).map(({ checkpoints }) => `${checkpoints}`)
    const read = await readCheckpoints(segment, segment.lastOffset)
    return JSON.stringify(read.reverse()) === JSON.stringify(texts) ? undefined : 'other checkpoints'
  } catch (error) {
    return error instanceof CodedError && error.code === 'log_damaged' ? 'told' : `another error: ${error}`
  }
}

t.test('every flipped byte of a segment is told, and never gives other bytes', async (t) => {
  const random = createRandom(8, 0)
  const entries = randomEntries(random, 20, 6)
  const segment = await write('flipped.segment', 20, entries)
  t.equal(await expectTold(segment, entries), undefined, 'nothing is wrong yet')
  const path = join(root, segment.file)
  const whole = await readFile(path)
  const wrong: string[] = []
  for (let at = 0; at < whole.length; at++) {
    const flipped = Buffer.from(whole)
    flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    await writeFile(path, flipped)
    const outcome = await expectTold(segment, entries)
    if (outcome !== 'told') wrong.push(`byte ${at}: ${outcome}`)
  }
  t.same(wrong, [])
})

t.test('a segment that is cut at any byte, has more bytes, or is missing, is told', async (t) => {
  const entries = randomEntries(createRandom(9, 0), 0, 5)
  const segment = await write('torn.segment', 0, entries)
  const path = join(root, segment.file)
  const whole = await readFile(path)
  const wrong: string[] = []
  await writeFile(path, Buffer.concat([whole, Buffer.from('x')]))
  if ((await expectTold(segment, entries)) !== 'told') wrong.push('longer')
  await writeFile(path, whole)
  for (let length = whole.length - 1; length >= 0; length--) {
    await truncate(path, length)
    const outcome = await expectTold(segment, entries)
    if (outcome !== 'told') wrong.push(`${length} bytes: ${outcome}`)
  }
  await rm(path)
  if ((await expectTold(segment, entries)) !== 'told') wrong.push('missing')
  t.same(wrong, [])
})

t.test('the file of another stretch of the log is not taken for this one', async (t) => {
  const random = createRandom(10, 0)
  const [mine, other] = [randomEntries(random, 0, 3), randomEntries(random, 5, 3)]
  const segment = await write('first.segment', 0, mine)
  const another = await write('second.segment', 5, other)
  t.equal(await expectTold({ ...another, after: 0 }, other), 'told', 'it begins elsewhere')
  t.equal(await expectTold({ ...segment, lastOffset: segment.lastOffset + 1 }, mine), 'told', 'it ends elsewhere')
})

t.test('a file that may be on another machine is not lost', async (t) => {
  const segment = await write('elsewhere.segment', 0, randomEntries(createRandom(11, 0), 0, 2))
  await rm(join(root, segment.file))
  const apart = createSegmentReader({ root, mayBeElsewhere: async () => true })
  await t.rejects(apart.readEntries(segment, 0, everything), { code: 'store_unavailable' })
})

t.test('a name is never written twice, and a failed write leaves nothing', async (t) => {
  const entries = randomEntries(createRandom(12, 0), 0, 2)
  const segment = await write('once.segment', 0, entries)
  await t.rejects(write('once.segment', 0, entries), { code: 'EEXIST' })
  t.equal(await expectTold(segment, entries), undefined, 'the first one is as it was')
  await t.rejects(writeSegment(machineDisk, join(root, 'nowhere'), 'a.segment', layOutSegment(entries)), {
    code: 'ENOENT',
  })
  t.notOk((await readdir(root)).includes('nowhere'))
})
