import v8 from 'node:v8'
import vm from 'node:vm'
import fc from 'fast-check'
import t from 'tap'
import { createLatestTimes } from '../../src/sync/delivered/latest-times.ts'

t.test('it answers as a map does, whatever the ids', async (t) => {
  const id = fc.oneof(fc.integer({ min: 0, max: 400 }).map(String), fc.string({ maxLength: 24 }))
  const odd = fc.constantFrom(-1, 0.5, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 5e12, Number.POSITIVE_INFINITY)
  const second = fc.integer({ min: 0, max: 2_000_000_000 })
  const time = fc.option(fc.oneof({ weight: 4, arbitrary: second }, { weight: 1, arbitrary: odd }), { nil: undefined })
  fc.assert(
    fc.property(fc.array(fc.tuple(id, time), { maxLength: 1000 }), fc.array(id), (records, others) => {
      const expected = new Map(records)
      const latest = createLatestTimes(records)
      t.equal(latest.size(), expected.size)
      for (const name of [...expected.keys(), ...others]) {
        if (latest.has(name) !== expected.has(name)) return false
        if (latest.get(name) !== expected.get(name)) return false
      }
      return true
    }),
  )
})

t.test('ids that are counted up are told apart', async (t) => {
  const forms = [(number: number) => String(number), (number: number) => (0x6643_0000_0000 + number).toString(16)]
  for (const form of forms) {
    const latest = createLatestTimes()
    for (let number = 0; number < 300_000; number++) latest.set(form(number), number)
    t.equal(latest.size(), 300_000)
    t.equal(latest.get(form(123_456)), 123_456)
  }
})

t.test('a record takes 23 bytes at most, however many there are', async (t) => {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as () => void
  const held = () => {
    // What the first one finds is freed beside the program, and counted until then.
    for (let times = 0; times < 2; times++) collect()
    return process.memoryUsage().arrayBuffers
  }
  const bytesOfEach = (records: number) => {
    const before = held()
    const tables = Array.from({ length: 8 }, () => createLatestTimes())
    for (const table of tables) for (let id = 0; id < records; id++) table.set(String(id), 1_700_000_000 + id)
    const bytes = held() - before
    return bytes / tables.reduce((sum, table) => sum + table.size(), 0)
  }
  for (const records of [2000, 15_000, 16_000, 23_000, 40_000]) {
    const bytes = bytesOfEach(records)
    t.ok(bytes > 12 && bytes <= 23, `${bytes} bytes for each of ${records}`)
  }
})
