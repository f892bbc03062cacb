import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { defaultToken } from '../../simulator/options.ts'
import { jobKey } from '../support/keys.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { untilHolds } from '../support/polling.ts'
import { provideRedis, serveOnRedis } from '../support/provided-redis.ts'
import { onRealRedis } from '../support/redis.ts'
import { withTools } from '../support/tools.ts'

const libraries = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/faketime`) : []
const library = libraries.map((folder) => `${folder}/libfaketime.so.1`).find(existsSync)
const options = { skip: withTools('faketime').skip || onRealRedis.skip }

const signed = (seconds: number) => (seconds < 0 ? String(seconds) : `+${seconds}`)

t.test(
  'a service whose clock is moved: the gap, a clock set back, months away, the repeated hour, another zone',
  options,
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-clock-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'offset')
    const moveClockTo = (time: string) => writeFile(file, signed(Math.round((Date.parse(time) - Date.now()) / 1000)))
    const redis = await provideRedis(t)
    const intercom = await listenSimulator(t, { contacts: 1, oddities: false })
    // Clocks of Berlin go from 2 to 3 o'clock at 01:00 UTC.
    await moveClockTo('2026-03-29T00:59:00Z')
    const service = await serveOnRedis(t, {
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      INTERCOM_BASE_URL: intercom.url,
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      // Node would hang.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    })
    const put = (id: string, cron: string, timeZone = 'Europe/Berlin') => {
      const schedule = { type: 'cron', cron, timeZone }
      const body = { config: { access_token: defaultToken }, streams: ['tags'], ack: 'on_success', schedule }
      return service.call(`/v1/connections/${id}`, { method: 'PUT', body })
    }
    await put('nightly', '30 2 * * *')
    // Each minute: shows that the service has seen a time pass.
    await put('witness', '* * * * *')
    // Redis may be asked as often as one likes.
    const client = redis.connect()
    const keyOf = (id: string, key: 'record' | 'jobs') => client.keyspace.connection('default', id, key)
    const timesOf = async (id: string) => {
      const ids = await client.lrange(keyOf(id, 'jobs'), 0, -1)
      const times = await Promise.all(ids.map((jobId) => client.hget(jobKey(Number(jobId), 'record'), 'scheduledFor')))
      return times.map((time) => new Date(Number(time)).toISOString())
    }
    const skipped = async () => Number(await client.hget(keyOf('nightly', 'record'), 'skippedRuns'))
    const untilNightly = (count: number) =>
      untilHolds(async () => (await client.llen(keyOf('nightly', 'jobs'))) === count)
    const untilWitnessed = (time: string) =>
      untilHolds(async () => Number(await client.hget(keyOf('witness', 'record'), 'lastDue')) >= Date.parse(time))
    const shownTime = async () => Date.parse((await service.fetch('/health/live')).headers.get('date') ?? '')
    const untilClockShows = (time: string) => untilHolds(async () => (await shownTime()) >= Date.parse(time))

    await moveClockTo('2026-03-29T00:59:58Z')
    await untilNightly(1)
    t.same(await timesOf('nightly'), ['2026-03-29T01:00:00.000Z'], 'what the gap skips is due at its end')

    await moveClockTo('2026-03-29T00:59:58Z')
    await untilClockShows('2026-03-29T01:00:02Z')
    await moveClockTo('2026-03-29T01:00:58Z')
    await untilWitnessed('2026-03-29T01:01:00.000Z')
    t.equal((await timesOf('nightly')).length, 1, 'a clock that is set back brings nothing twice')
    t.equal(await skipped(), 0)

    // Its minutes of months would take a while to count.
    await service.call('/v1/connections/witness/pause', { method: 'POST' })
    await moveClockTo('2026-10-24T12:00:00Z')
    await untilNightly(2)
    t.equal((await timesOf('nightly'))[0], '2026-10-24T00:30:00.000Z', 'one job makes up for months')
    t.equal(await skipped(), 208)
    await service.call('/v1/connections/witness/resume', { method: 'POST' })
    await moveClockTo('2026-10-25T00:29:58Z')
    await untilNightly(3)
    t.equal((await timesOf('nightly'))[0], '2026-10-25T00:30:00.000Z')
    await moveClockTo('2026-10-25T01:29:58Z')
    await untilClockShows('2026-10-25T01:30:02Z')
    await moveClockTo('2026-10-25T01:30:58Z')
    await untilWitnessed('2026-10-25T01:31:00.000Z')
    t.equal((await timesOf('nightly')).length, 3, 'the hour that comes twice has one job')
    t.equal(await skipped(), 208)

    await put('nightly', '30 2 * * *', 'America/New_York')
    await moveClockTo('2026-10-26T01:29:58Z')
    await untilNightly(4)
    t.equal((await timesOf('nightly'))[0], '2026-10-25T06:30:00.000Z', 'a night has a job in the new zone, too')
    await untilClockShows('2026-10-26T01:30:02Z')
    await moveClockTo('2026-10-26T01:30:58Z')
    await untilWitnessed('2026-10-26T01:31:00.000Z')
    t.equal((await timesOf('nightly')).length, 4, 'the time of the old zone is due no more')
    t.equal(await skipped(), 208)
  },
)
