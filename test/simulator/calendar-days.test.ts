import t from 'tap'
import { listenSimulator } from '../support/listening-simulator.ts'
import { createManualClock } from '../support/manual-clock.ts'

const hour = 3_600
const seconds = (iso: string): number => Date.parse(iso) / 1000

/** Local days with the UTC instants at which they begin and end. */
const days = [
  { what: '14 hours ahead of UTC', zone: 'Pacific/Kiritimati', from: '2025-03-09T10:00:00Z', hours: 24 },
  { what: '11 hours behind UTC', zone: 'Pacific/Pago_Pago', from: '2025-03-10T11:00:00Z', hours: 24 },
  { what: 'half an hour off', zone: 'Asia/Kolkata', from: '2025-03-09T18:30:00Z', hours: 24 },
  { what: 'UTC', zone: 'UTC', from: '2025-03-10T00:00:00Z', hours: 24 },
  { what: 'the day clocks go forward', zone: 'America/New_York', from: '2025-03-09T05:00:00Z', hours: 23 },
  { what: 'the day clocks go back', zone: 'America/New_York', from: '2025-11-02T04:00:00Z', hours: 25 },
  { what: 'a day without a midnight', zone: 'Africa/Cairo', from: '2025-04-24T22:00:00Z', hours: 23 },
  { what: 'a shift of half an hour', zone: 'Australia/Lord_Howe', from: '2025-10-04T13:30:00Z', hours: 23.5 },
]

/** A contact at each of these seconds, and nothing else. */
async function withContactsAt(t: Tap, zone: string, times: number[]) {
  const clock = createManualClock(0)
  const simulator = await listenSimulator(t, { contacts: 0, oddities: false, timezone: zone, clock })
  for (const time of times) {
    clock.advance(time * 1000 - clock.now())
    simulator.workspace.mutate({ kind: 'create' })
  }
  const found = async (operator: string, value: unknown, version: string): Promise<number[]> => {
    const query = { field: 'updated_at', operator, value }
    const { data } = await simulator.search({ query, sort: { field: 'updated_at', order: 'ascending' } }, version)
    return data.map((contact) => contact.updated_at)
  }
  return { ...simulator, found }
}

type Tap = Parameters<typeof listenSimulator>[0]

for (const { what, zone, from, hours } of days) {
  t.test(`up to 2.16 dates are compared by the workspace's day: ${what}`, async (t) => {
    const start = seconds(from)
    const end = start + hours * hour
    const middle = start + 10 * hour
    const { found } = await withContactsAt(t, zone, [start - 1, start, middle, end - 1, end])
    for (const asked of [start, middle, end - 1]) {
      t.same(await found('=', asked, '2.16'), [start, middle, end - 1], '"=" is the whole day')
      t.same(await found('>', asked, '2.16'), [end], '">" begins with the next day')
      t.same(await found('<', String(asked), '2.11'), [start - 1], '"<" ends before this day')
    }
    t.same(await found('>', start - 1, '2.16'), [start, middle, end - 1, end], 'the day before ends where this begins')
  })
}

t.test('from 2.17 dates are compared by the second, whatever the zone', async (t) => {
  const at = seconds('2025-03-09T05:00:00Z')
  const { found } = await withContactsAt(t, 'America/New_York', [at - 1, at, at + 1])
  t.same(await found('=', at, '2.17'), [at])
  t.same(await found('!=', at, '2.17'), [at - 1, at + 1])
  t.same(await found('>', at, '2.17'), [at + 1])
  t.same(await found('>=', String(at), '2.17'), [at, at + 1])
  t.same(await found('<', String(at), '2.17'), [at - 1])
  t.same(await found('<=', at, '2.17'), [at - 1, at])
})

t.test('up to 2.16 every other operator on a date is refused', async (t) => {
  const { refusal } = await listenSimulator(t, { contacts: 1 })
  for (const operator of ['>=', '<=', '!=', 'IN', 'NIN', '~']) {
    const query = { field: 'updated_at', operator, value: 1_700_000_000 }
    t.match(await refusal({ query }, '2.16'), { status: 400, code: 'parameter_invalid', message: operator })
  }
})

t.test('a date attribute is compared by day in every version, from 2.17 by the day of UTC', async (t) => {
  const at = seconds('2025-03-09T22:00:00Z')
  const { search } = await withContactsAt(t, 'Pacific/Kiritimati', [at])
  const renewal = at + 365 * 24 * hour
  const count = async (value: number, version: string): Promise<number> => {
    const query = { field: 'custom_attributes.renewal_at', operator: '=', value }
    return (await search({ query }, version)).total_count
  }
  t.equal(await count(renewal + 4 * hour, '2.16'), 1, 'the same day on Kiritimati')
  t.equal(await count(renewal + 4 * hour, '2.17'), 0, 'the next day in UTC')
  t.equal(await count(renewal - 20 * hour, '2.17'), 1, 'the same day in UTC')
})

t.test('a version this API does not have yet is served as its newest one, and the response says so', async (t) => {
  const { ask } = await listenSimulator(t, { newestVersion: '2.16', appVersion: '2.13' })
  const served = async (version?: string): Promise<string | null> =>
    (await ask('/tags', version === undefined ? {} : { version })).headers.get('intercom-version')
  t.equal(await served('2.17'), '2.16')
  t.equal(await served('2.9'), '2.9')
  t.equal(await served('Preview'), '2.16')
  t.equal(await served(), '2.13', 'without a header the version of the app')
})

t.test('an API that does not know 2.17 compares by day even when asked for it', async (t) => {
  const { refusal } = await listenSimulator(t, { newestVersion: '2.16' })
  const query = { field: 'updated_at', operator: '>=', value: 1 }
  t.match(await refusal({ query }, '2.17'), { status: 400 })
})
