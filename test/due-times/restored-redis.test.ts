import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { defaultToken } from '../../simulator/options.ts'
import type { ScheduledKind, ScheduleRecord, SetSchedule } from '../../src/store/schedules/schedule-record.ts'
import { readScheduleRecord } from '../../src/store/schedules/scheduled-connections.ts'
import { jobKey } from '../support/keys.ts'
import { listenSimulator } from '../support/listening-simulator.ts'
import { untilHolds } from '../support/polling.ts'
import { runCompiled, type TestProcess } from '../support/processes.ts'
import { provideRedis } from '../support/provided-redis.ts'
import { onRealRedis } from '../support/redis.ts'

const names = ['a', 'b', 'c', 'd', 'e']
const everyMs = 1000
const refreshEveryMs = 3000
const apiKey = 'k'.repeat(24)

/** How many due times are over. */
const overOf = (set: SetSchedule | undefined, every: number) => ((set?.lastDue ?? 0) - (set?.setAt ?? 0)) / every

t.test(
  'Redis comes back whole as it was some time ago: one job makes up for what was due since, and the rest counts as skipped',
  onRealRedis,
  async (t) => {
    const redis = await provideRedis(t)
    const client = redis.connect()
    const intercom = await listenSimulator(t, { contacts: 1, oddities: false })
    const environment = {
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      INTERCOM_BASE_URL: intercom.url,
      SCHEDULE_MIN_INTERVAL: 'PT1S',
      DATA_DIR: t.testdir(),
      API_KEYS: `default:${apiKey}`,
      ENCRYPTION_KEYS: `test:${Buffer.alloc(32).toString('base64')}`,
      PORT: '0',
    }
    const start = async () => {
      const api = runCompiled(t, 'test/support/serve-process.js', [], environment)
      const worker = runCompiled(t, 'test/support/serve-process.js', ['--worker'], environment)
      const url = (await api.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
      await worker.untilLine(/worker started/)
      return { url, processes: [api, worker] }
    }
    const toAll = (processes: TestProcess[], signal: NodeJS.Signals) =>
      Promise.all(processes.map(({ child, end }) => (signal === 'SIGKILL' ? end(signal) : child.kill(signal))))

    const recordOf = async (connectionId: string): Promise<ScheduleRecord> => {
      const record = await readScheduleRecord(client, { tenant: 'default', connectionId })
      if (!record) throw new Error(`there is no connection ${connectionId}`)
      return record
    }
    /** The due times that have a job. */
    const jobsOf = async (connectionId: string, kind: ScheduledKind) => {
      const keyOf = (key: 'record' | 'jobs') => client.keyspace.connection('default', connectionId, key)
      const ended = await client.lrange(keyOf('jobs'), 0, -1)
      const latest = (await client.hget(keyOf('record'), 'latestJob')) ?? []
      const ids = [...new Set(ended.concat(latest))]
      const jobs = await Promise.all(
        ids.map((id) => client.hmget(jobKey(Number(id), 'record'), 'scheduledFor', 'jobType')),
      )
      return jobs.flatMap(([time, jobType = 'sync']) => ((jobType ?? 'sync') === kind ? [Number(time)] : []))
    }
    const untilAllHave = (more: Map<string, number>) =>
      untilHolds(async () => {
        const counts = await Promise.all(names.map(async (name) => (await jobsOf(name, 'sync')).length))
        return counts.every((count, place) => count >= (more.get(names[place] ?? '') ?? 0))
      })

    const first = await start()
    for (const name of names) {
      const schedule = { type: 'interval', every: `PT${everyMs / 1000}S` }
      const answer = await fetch(`${first.url}/v1/connections/${name}?validate=false`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({
          config: { access_token: defaultToken },
          streams: ['tags'],
          ack: 'on_success',
          schedule,
          fullRefresh: { schedule: { type: 'interval', every: `PT${refreshEveryMs / 1000}S` }, streams: ['tags'] },
        }),
      })
      t.equal(answer.status, 201)
    }
    await untilAllHave(new Map(names.map((name) => [name, 2])))
    await client.save()
    const [dump, saved] = ['dump.rdb', 'saved.rdb'].map((name) => join(redis.directory, name)) as [string, string]
    await copyFile(dump, saved)

    let { processes } = first
    // Processes that live on while Redis is replaced, and processes that start on what was restored.
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
      const jobsBefore = await Promise.all(names.map(async (name) => (await jobsOf(name, 'sync')).length))
      await untilAllHave(new Map(names.map((name, place) => [name, (jobsBefore[place] ?? 0) + 4])))
      await toAll(processes, signal)
      await redis.kill()
      await copyFile(saved, dump)
      await redis.restart()
      const restored = new Map<string, { record: ScheduleRecord; jobs: Record<ScheduledKind, number[]> }>()
      for (const name of names)
        restored.set(name, {
          record: await recordOf(name),
          jobs: { sync: await jobsOf(name, 'sync'), refresh: await jobsOf(name, 'refresh') },
        })
      const restoredAt = Date.now()
      if (signal === 'SIGSTOP') await toAll(processes, 'SIGCONT')
      else processes = (await start()).processes
      await untilAllHave(new Map([...restored].map(([name, { jobs }]) => [name, jobs.sync.length + 3])))
      for (const name of names) {
        const before = restored.get(name)
        for (const kind of ['sync', 'refresh'] as const) {
          const known = new Set(before?.jobs[kind])
          const since = (await jobsOf(name, kind)).filter((time) => !known.has(time))
          t.equal(new Set(since).size, since.length, `${name}: no due time has two jobs`)
          const late = since.filter((time) => time <= restoredAt)
          t.ok(late.length <= 1, `${name}: one ${kind} at most makes up for all, not ${late.length}`)
        }
        await toAll(processes, 'SIGSTOP')
        const record = await recordOf(name)
        const jobs = [...(await jobsOf(name, 'sync')), ...(await jobsOf(name, 'refresh'))]
        await toAll(processes, 'SIGCONT')
        const due = overOf(record.sync, everyMs) + overOf(record.refresh, refreshEveryMs)
        t.equal(jobs.length + record.skippedRuns, due, `${name}: each due time has a job, or counts as skipped`)
        t.ok(overOf(record.sync, everyMs) - overOf(before?.record.sync, everyMs) > 4)
      }
    }
  },
)
