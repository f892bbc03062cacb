import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { startApp } from '../support/app.ts'
import type { Teardown } from '../support/processes.ts'
import { startRedis } from '../support/redis.ts'
import { startFedJob } from './fed-job.ts'
import { watchPage } from './watched-page.ts'

export interface LoadPlan {
  /** In the whole job. */
  rows: number
  /** Rows a second while long tasks are looked for. */
  rate: number
  seconds: number
  runs: number
}

export interface LoadFigures {
  /** Of each run: rows a second, and the longest task of the page, ms. */
  runs: { rate: number; longestTask: number }[]
  /** The page at the beginning and at the end. */
  early: { rows: number; mebibytes: number; nodes: number }
  late: { rows: number; mebibytes: number; nodes: number }
  /** The longest task while the rest came as fast as it could, ms. */
  longestTaskAtFullSpeed: number
  fullSpeed: number
  /** Bytes of JavaScript. */
  javascript: { plain: number; gzip: number; brotli: number }
}

export async function measureConsole(t: Teardown, plan: LoadPlan): Promise<LoadFigures> {
  const app = await startApp(t, await startRedis(t), { limits: { requestsPerMinute: 100_000 } })
  const job = await startFedJob(app)
  await job.feed(1000, plan.rate)
  const page = await watchPage(t, `${app.url}/jobs/${job.jobId}`)
  await page.untilShown(job.rows())
  // What the first paint took is another question.
  await page.longestTask()

  const runs: LoadFigures['runs'] = []
  for (let run = 0; run < plan.runs; run++) {
    const rate = await job.feed(plan.rate * plan.seconds, plan.rate)
    await page.untilShown(job.rows())
    runs.push({ rate, longestTask: await page.longestTask() })
  }
  const early = { rows: job.rows(), ...(await page.size()) }
  const fullSpeed = await job.feed(Math.max(0, plan.rows - job.rows()), 40_000)
  await page.untilShown(job.rows())
  const longestTaskAtFullSpeed = await page.longestTask()
  const late = { rows: job.rows(), ...(await page.size()) }
  await job.end()
  return { runs, early, late, longestTaskAtFullSpeed, fullSpeed, javascript: await sizeOfScripts() }
}

async function sizeOfScripts(): Promise<LoadFigures['javascript']> {
  const folder = 'dist/console/assets'
  const names = (await readdir(folder)).filter((name) => name.endsWith('.js'))
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))))
  const sum = (sizeOf: (file: Buffer) => number) => files.reduce((total, file) => total + sizeOf(file), 0)
  return {
    plain: sum((file) => file.length),
    gzip: sum((file) => gzipSync(file).length),
    brotli: sum((file) => brotliCompressSync(file).length),
  }
}
