import { integerBetween } from '../../simulator/random.ts'
import { sides, type WorkerMoment, workerPoints } from '../support/failpoint-list.ts'
import { type ArmedFailpoint, toldFailpoint } from '../support/failpoints.ts'
import type { TestProcess } from '../support/processes.ts'
import { tenant } from '../support/store.ts'
import { untilLogHolds } from '../support/worker.ts'
import type { WorkerStage } from './worker-stage.ts'

/** A worker that dies, and what leads it there. */
interface Death {
  failpoint: ArmedFailpoint
  moment: WorkerMoment
  /** What has to go wrong first. */
  first?: ArmedFailpoint
}

/** Of this one a worker dies only when its file could not be written. */
const afterFailure = 'segmentRemove'

/** Each failpoint of a worker, before and after its step, so many times. @param random draws at which hit */
export function workerDeaths(times: number, random: () => number): Death[] {
  const deaths: Death[] = []
  for (let round = 0; round < times; round++)
    for (const [name, moment] of Object.entries(workerPoints))
      for (const when of sides) {
        const many = moment === 'as time passes' || (moment === 'on the way' && name !== 'syncActivity')
        const hit = many ? integerBetween(random, 1, 4) : 1
        const failpoint: ArmedFailpoint = { does: 'kill', when, name, hit }
        const first: ArmedFailpoint = { does: 'fail', when: 'before', name: 'segmentSync', hit: 1 }
        deaths.push({ failpoint, moment, ...(name === afterFailure && { first }) })
      }
  return deaths
}

/** Has worker after worker die on the same jobs, each at its failpoint. */
export async function killWorkers(
  stage: WorkerStage,
  deaths: readonly Death[],
  tell: (news: string) => void,
): Promise<void> {
  for (const { failpoint, moment, first } of deaths) {
    const told = toldFailpoint(failpoint)
    await stage.job()
    const worker = stage.start(...(first ? [first] : []), failpoint)
    if (moment === 'as it is told to stop') await stopAtWork(stage, worker)
    // However fast the jobs are: time leads there.
    if (moment === 'as time passes') await worker.exited
    else await diesAmong(stage, worker)
    if (!worker.stderr().includes(`reached: ${told}\n`))
      stage.result.faults.push(`${told} was not reached: ${worker.stderr()}`)
    tell(told)
  }
  await stage.finish()
}

/** Lets a worker get on with a job, then tells it to stop. */
async function stopAtWork(stage: WorkerStage, worker: TestProcess): Promise<void> {
  for (let what = 'ended'; what === 'ended'; ) {
    const { jobId, ended } = await stage.job()
    const { messageCount } = await stage.service.jobs.read(tenant, jobId)
    const grown = untilLogHolds(stage.service, jobId, messageCount + 1).then(() => 'grown')
    what = await Promise.race([grown, ended.then(() => 'ended')])
  }
  worker.child.kill('SIGTERM')
}

/** A job's last failpoint may be behind the worker's: then the next jobs lead there. */
const mostJobs = 3

/** Resolves once the worker is dead; one that would live for ever is ended. */
async function diesAmong(stage: WorkerStage, worker: TestProcess): Promise<void> {
  for (let jobs = 0; jobs < mostJobs; jobs++) {
    const { ended } = await stage.job()
    const what = await Promise.race([worker.exited.then(() => 'dead'), ended.then(() => 'ended')])
    if (what === 'dead') return
  }
  await worker.end('SIGKILL')
}
