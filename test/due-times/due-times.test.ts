import fc from 'fast-check'
import t from 'tap'
import { nextDueTimes } from '../../src/schedules/due-times.ts'
import zonesOf2025 from './zones-of-2025.json' with { type: 'json' }

/**
 * The clocks of 57 zones in 2025, as Python's `zoneinfo` knows them: from when on (UTC) a clock is so many minutes
 * ahead of UTC.
 */
const zones = zonesOf2025 as unknown as Record<string, [from: string, minutesAhead: number][]>

const minute = 60_000
const day = 24 * 60 * minute
const newYear = Date.UTC(2025, 0, 1)

/** When a clock on the wall first shows a local time, or, where a gap skips it, when the gap ends. */
function firstShownAt(zone: string, wall: number): number {
  const spans = (zones[zone] ?? []).map(([from, minutesAhead], place, all) => ({
    from: Date.parse(from),
    until: Date.parse(all[place + 1]?.[0] ?? '2100-01-01T00:00Z'),
    ahead: minutesAhead * minute,
  }))
  const shown = spans.filter(({ from, until, ahead }) => from <= wall - ahead && wall - ahead < until)
  if (shown[0]) return wall - shown[0].ahead
  const gap = spans.find(({ until, ahead }) => wall - ahead >= until && wall - ahead < until + 3 * 60 * minute)
  if (!gap) throw new Error(`${zone} never shows ${new Date(wall).toISOString()}`)
  return gap.until
}

/** Each day's time at which a job is due; `weekdays` 0 = Sunday. */
function expectedTimes(zone: string, hour: number, atMinute: number, weekdays: number[]): number[] {
  const times: number[] = []
  for (let date = newYear - 2 * day; date < newYear + 367 * day; date += day) {
    if (!weekdays.includes(new Date(date).getUTCDay())) continue
    times.push(firstShownAt(zone, date + (hour * 60 + atMinute) * minute))
  }
  return times.filter((time) => newYear < time && time < newYear + 365 * day)
}

function dueTimes(zone: string, cron: string, count: number): number[] {
  return nextDueTimes({ type: 'cron', cron, timeZone: zone }, 0, newYear, count)
}

const written = (times: number[]) => times.map((time) => new Date(time).toISOString())

t.test('a job of each day comes on each day of the year, where the clock shows its time first', async (t) => {
  for (const zone of Object.keys(zones))
    for (const [hour, atMinute] of [
      [0, 0],
      [2, 15],
    ] as const) {
      const expected = expectedTimes(zone, hour, atMinute, [0, 1, 2, 3, 4, 5, 6])
      const times = dueTimes(zone, `${atMinute} ${hour} * * *`, expected.length)
      if (written(times).join() !== written(expected).join())
        t.same(written(times), written(expected), `${zone} ${hour}:${atMinute}`)
    }
  t.equal(Object.keys(zones).length, 57)
})

t.test('so does a job of any time and days of the week', async (t) => {
  const drawn = fc.record({
    zone: fc.constantFrom(...Object.keys(zones)),
    hour: fc.integer({ min: 0, max: 23 }),
    atMinute: fc.integer({ min: 0, max: 59 }),
    weekdays: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
  })
  fc.assert(
    fc.property(drawn, ({ zone, hour, atMinute, weekdays }) => {
      const expected = expectedTimes(zone, hour, atMinute, weekdays)
      const times = dueTimes(zone, `${atMinute} ${hour} * * ${weekdays.join()}`, expected.length)
      return written(times).join() === written(expected).join()
    }),
    { numRuns: 100 },
  )
  t.pass('each is where the table puts it')
})

t.test('a job of every hour comes whenever the clock shows its minute, also when it is set', async (t) => {
  const settings = Object.entries(zones).flatMap(([zone, spans]) =>
    spans.slice(1).map(([at, ahead], place) => ({ zone, at: Date.parse(at), before: spans[place]?.[1] ?? 0, ahead })),
  )
  for (const { zone, at, before, ahead } of settings) {
    const expected: number[] = []
    for (let time = at - day; time < at + day; time += 15 * minute)
      if ((time / minute + (time < at ? before : ahead)) % 60 === 15) expected.push(time)
    const schedule = { type: 'cron', cron: '15 * * * *', timeZone: zone } as const
    const times = nextDueTimes(schedule, 0, at - day - 1, expected.length)
    if (written(times).join() !== written(expected).join()) t.same(written(times), written(expected), zone)
  }
  t.equal(settings.length, 58)
})

t.test('a date that never comes is never due', async (t) => {
  t.equal(nextDueTimes({ type: 'cron', cron: '0 0 30 2 *', timeZone: 'UTC' }, 0, newYear, 3).length, 0)
})

t.test('an interval counts from when it was set', async (t) => {
  const set = newYear + 12_345
  const times = (every: string, after: number) => nextDueTimes({ type: 'interval', every }, set, after, 2)
  t.same(times('PT1H', set), [set + 60 * minute, set + 120 * minute])
  t.same(times('PT1H', set - day), times('PT1H', set), 'not before that')
  t.same(times('PT1H', set + 60 * minute), [set + 120 * minute, set + 180 * minute])
  t.same(times('P1DT12H', set + 1), [set + 1.5 * day, set + 3 * day])
  t.same(nextDueTimes({ type: 'manual' }, set, set, 2), [])
})
