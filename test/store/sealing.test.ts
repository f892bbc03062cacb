import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createJobSeals, openJobSeals } from '../../src/store/secrets/job-seals.ts'
import {
  createDataKey,
  encryptionKey,
  openBytes,
  openText,
  SealBrokenError,
  type SealContext,
  sealToBytes,
  sealToText,
  unwrapDataKey,
  wrapDataKey,
} from '../../src/store/secrets/sealing.ts'

const context: SealContext = { tenant: 'acme', jobId: 7, purpose: 'request' }
const plain = Buffer.from('{"access_token":"canary"}')
const oldKey = encryptionKey('2025', randomBytes(32))
const newKey = encryptionKey('2026', randomBytes(32))

t.test('every changed bit of sealed bytes is noticed', (t) => {
  const key = createDataKey()
  const sealed = sealToBytes(key, plain, context)
  t.equal(openBytes(key, sealed, context).toString(), plain.toString())
  let refused = 0
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    try {
      openBytes(key, changed, context)
    } catch (error) {
      if (error instanceof SealBrokenError) refused++
    }
  }
  t.equal(refused, sealed.length * 8)
  for (let length = 0; length < sealed.length; length++) {
    if (!refuses(() => openBytes(key, sealed.subarray(0, length), context))) t.fail(`cut to ${length} bytes`)
  }
  t.end()
})

t.test('every changed character of sealed text is noticed, the key id included', (t) => {
  const key = createDataKey()
  const sealed = sealToText('k1', key, plain, context)
  t.match(sealed, /^v1\.k1\.[\w-]+$/)
  t.equal(openText(key, sealed, context).toString(), plain.toString())
  for (let index = 0; index < sealed.length; index++) {
    const other = sealed[index] === 'A' ? 'B' : 'A'
    const changed = sealed.slice(0, index) + other + sealed.slice(index + 1)
    if (!refuses(() => openText(key, changed, context))) t.fail(`character ${index}`)
  }
  t.throws(() => openText(key, sealed.replace('.k1.', '.k2.'), context), SealBrokenError)
  t.throws(() => openText(key, `${sealed}!`, context), SealBrokenError)
  t.end()
})

t.test('what is sealed opens only as what it is, for whom it is', (t) => {
  const key = createDataKey()
  const sealed = sealToBytes(key, plain, { ...context, purpose: 'blob@12' })
  const others: SealContext[] = [
    { ...context, purpose: 'blob@13' },
    { ...context, purpose: 'request' },
    { ...context, purpose: 'blob@12', tenant: 'other' },
    { ...context, purpose: 'blob@12', jobId: 8 },
  ]
  for (const other of others) t.throws(() => openBytes(key, sealed, other), SealBrokenError)
  t.throws(() => openBytes(createDataKey(), sealed, { ...context, purpose: 'blob@12' }), SealBrokenError)
  t.end()
})

t.test('the same text never seals the same way twice', (t) => {
  const key = createDataKey()
  t.not(sealToText('k1', key, plain, context), sealToText('k1', key, plain, context))
  t.end()
})

t.test('after rotation the new key seals, and the old one still opens what it sealed', (t) => {
  const dataKey = createDataKey()
  const wrapped = wrapDataKey([oldKey], dataKey, { ...context, purpose: 'data-key' })
  const opened = unwrapDataKey([newKey, oldKey], wrapped, { ...context, purpose: 'data-key' })
  t.ok(opened.equals(dataKey))
  t.match(wrapDataKey([newKey, oldKey], dataKey, context), /^v1\.2026\./)
  t.throws(() => unwrapDataKey([newKey], wrapped, { ...context, purpose: 'data-key' }), { message: /"2025"/ })
  t.throws(
    () => unwrapDataKey([encryptionKey('2025', randomBytes(32))], wrapped, { ...context, purpose: 'data-key' }),
    SealBrokenError,
  )
  t.end()
})

t.test('a key of the wrong length is refused', (t) => {
  t.throws(() => encryptionKey('k1', randomBytes(31)), { message: /31 bytes, 32 are needed/ })
  t.end()
})

t.test('a job seals with a data key of its own, and opens after a restart', async (t) => {
  const owner = { tenant: 'acme', jobId: 7 }
  const seals = createJobSeals([newKey], owner)
  const lines = Buffer.from('{"type":"LOG"}\n'.repeat(1000))
  const blob = await seals.sealLines(lines, 1000)
  t.ok(blob.length < lines.length / 10, 'compressed')
  const reopened = openJobSeals([newKey], seals.wrappedDataKey, owner)
  t.ok((await reopened.openLines(blob, 1000)).equals(lines))
  const other = createJobSeals([newKey], owner)
  t.throws(() =>
    other.openRequest(seals.sealRequest({ config: { access_token: 'x' }, catalog: { streams: [] }, states: {} })),
  )
})

t.test('lines of any size and kind open as they were sealed', async (t) => {
  const owner = { tenant: 'acme', jobId: 7 }
  const seals = createJobSeals([newKey], owner)
  const sizes = [0, 1, 8 * 1024, 8 * 1024 + 1, 256 * 1024, 256 * 1024 + 1, 4 << 20]
  for (const size of sizes)
    for (const lines of [Buffer.alloc(size, '{}\n'), randomBytes(size)]) {
      const opened = await seals.openLines(await seals.sealLines(lines, 5), 5)
      t.ok(opened.equals(lines), `${size} bytes`)
    }
})

function refuses(open: () => unknown): boolean {
  try {
    open()
    return false
  } catch (error) {
    return error instanceof SealBrokenError
  }
}
