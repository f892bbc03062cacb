import fc from 'fast-check'
import t from 'tap'
import { createLatestTimes } from '../../src/sync/delivered/latest-times.ts'

t.test('it answers as a map does, whatever the ids', async (t) => {
  const id = fc.oneof(fc.integer({ min: 0, max: 400 }).map(String), fc.string({ maxLength: 24 }))
  const time = fc.option(fc.integer({ min: 0, max: 2_000_000_000 }), { nil: undefined })
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
