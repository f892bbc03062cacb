import { setTimeout as pause } from 'node:timers/promises'
import { tenant } from '../support/store.ts'
import { untilLogHolds } from '../support/worker.ts'
import type { WorkerStage } from './worker-stage.ts'

/** A worker lives so long at most after it has got on with a job, ms. */
const longestLifeMs = 400

/** Kills worker after worker, each at a moment of its own after it has got on. @param random draws the moments */
export async function killAtRandom(
  stage: WorkerStage,
  kills: number,
  random: () => number,
  tell: (news: string) => void,
): Promise<void> {
  for (let kill = 1; kill <= kills; kill++) {
    const worker = stage.start()
    for (let isOn = false; !isOn; ) {
      const { jobId, ended } = await stage.job()
      const { messageCount } = await stage.service.jobs.read(tenant, jobId)
      const grown = untilLogHolds(stage.service, jobId, messageCount + 1).then(() => true)
      isOn = await Promise.race([grown, ended.then(() => false)])
    }
    await pause(random() * longestLifeMs)
    await worker.end('SIGKILL')
    tell(`kill ${kill} at random`)
  }
  await stage.finish()
}
