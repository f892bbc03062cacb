import { randomBytes } from 'node:crypto'
import { recordPrefix, recordSuffix } from '../../src/airbyte/messages.ts'
import type { Commit } from '../../src/sync/contract/commit.ts'
import type { TestApp } from '../support/app.ts'
import { commitTo } from '../support/store.ts'

/** A job whose records come from here, at any speed, in place of Intercom. */
export interface FedJob {
  jobId: number
  rows(): number
  /** Writes so many rows more, at so many a second as far as this machine can. @returns rows a second, in truth */
  feed(rows: number, perSecond: number): Promise<number>
  end(): Promise<void>
}

/** A quarter of a second's rows at 5,000 a second come in five commits, about as they do of Intercom's pages. */
const commitsPerSecond = 20
const recordBytes = 1500

export async function startFedJob(app: TestApp): Promise<FedJob> {
  const jobId = await app.createJob()
  const begun = await app.store.attempts.begin({ jobId, fence: 1, attemptId: 'a' }, 'start', 'epoch-of-a-measurement')
  if (typeof begun === 'string') throw new Error(`the attempt did not begin: ${begun}`)
  // A few texts are enough, and let the log of a million stay small: to the page they make no difference.
  const texts = Array.from({ length: 10 }, () => randomBytes(recordBytes / 2).toString('hex'))
  let attempt = begun
  let rows = 0
  let commits = 0

  const commit = async (count: number): Promise<void> => {
    const lines = Array.from({ length: count }, (_, index) => {
      const number = rows + index + 1
      const text = texts[number % texts.length]
      return `${recordPrefix('contacts', 1)}{"id":"${number}","name":"Somebody ${number}","text":"${text}"}${recordSuffix}`
    })
    rows += count
    const message = { type: 'LOG', log: { level: 'INFO', message: `page ${commits} of contacts` } }
    lines.push(`${JSON.stringify(message)}\n`)
    const written: Commit = {
      body: Buffer.from(lines.join('')),
      messageCount: lines.length,
      recordCount: count,
      isProgress: true,
      holdsError: false,
      checkpoints: [],
      position: { next: rows },
      streams: [{ streamName: 'contacts', status: 'RUNNING', rowsSynced: rows }],
    }
    commits++
    attempt = await commitTo(app.store, attempt, `1-${commits}`, written)
  }

  return {
    jobId,
    rows: () => rows,
    async feed(wanted, perSecond) {
      const start = performance.now()
      const size = Math.max(1, Math.round(perSecond / commitsPerSecond))
      for (let written = 0; written < wanted; ) {
        const count = Math.min(size, wanted - written)
        await commit(count)
        written += count
        const due = start + (written / perSecond) * 1000
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
      }
      return (wanted / (performance.now() - start)) * 1000
    },
    async end() {
      await app.store.attempts.end(jobId, 1, { status: 'succeeded' })
    },
  }
}
