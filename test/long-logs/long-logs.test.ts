import t from 'tap'
import { onRealRedis } from '../support/redis.ts'
import { runLongJob } from './long-job.ts'

const mebibyte = 1 << 20
/** What Redis holds beside the window: scripts, connections, what it is answering. */
const besides = 4 * mebibyte
/** 250 MB. */
const mostMebibytes = 238

t.test(
  'a job that nobody reads ends, Redis stays small, and every message can be read then',
  onRealRedis,
  async (t) => {
    const windowBytes = 2 * mebibyte
    const figures = await runLongJob(t, { isReadLive: false, contacts: 30_000, conversations: 0, windowBytes, seed: 5 })
    t.match(figures, { status: 'succeeded', records: 30_000, faults: [] })
    t.ok(figures.logBytes > 3 * windowBytes, `${figures.logBytes} bytes of log`)
    t.ok(figures.redisGrowth < windowBytes * 1.1 + besides, `Redis grew by ${figures.redisGrowth}`)
    t.ok(
      figures.workerPeak < mostMebibytes && figures.apiPeak < mostMebibytes,
      `${figures.workerPeak} and ${figures.apiPeak} MiB`,
    )
  },
)

t.test('a log of prose, eight times its window, is the same for a live and a late reader', onRealRedis, async (t) => {
  const windowBytes = 8 * mebibyte
  const job = { isReadLive: true, contacts: 0, conversations: 700, windowBytes, seed: 6 }
  const figures = await runLongJob(t, job)
  t.match(figures, { status: 'succeeded', faults: [] })
  t.ok(figures.logBytes > 64 * mebibyte, `${figures.logBytes} bytes of log`)
  const ratio = figures.messageBytes / figures.logBytes
  t.ok(ratio > 3.5 && ratio < 5.5, `compressed ${ratio} : 1`)
  t.ok(figures.redisGrowth < windowBytes * 1.1 + besides, `Redis grew by ${figures.redisGrowth}`)
  t.ok(
    figures.workerPeak < mostMebibytes && figures.apiPeak < mostMebibytes,
    `${figures.workerPeak} and ${figures.apiPeak} MiB`,
  )
})
