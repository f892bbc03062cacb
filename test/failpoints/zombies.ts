import { integerBetween, pick } from '../../simulator/random.ts'
import { type ArmedFailpoint, reachedFailpoint, thawedFailpoint, toldFailpoint } from '../support/failpoints.ts'
import type { TestProcess } from '../support/processes.ts'
import { tenant } from '../support/store.ts'
import { untilLogHolds } from '../support/worker.ts'
import type { WorkerStage } from './worker-stage.ts'

/** Where a worker falls asleep: what it then does last has been overtaken by its successor when it wakes. */
const places = [
  { when: 'before', name: 'syncCommit', most: 6 },
  { when: 'before', name: 'syncCommit', most: 6 },
  { when: 'after', name: 'syncCommit', most: 6 },
  { when: 'before', name: 'syncMoveEntries', most: 2 },
  { when: 'before', name: 'segmentSync', most: 2 },
  { when: 'before', name: 'syncBegin', most: 1 },
  { when: 'before', name: 'syncEnd', most: 1 },
] as const

/** What a step gives that was made. A worker that has been overtaken must never get it. */
const made = /^(COMMITTED|MOVED|DONE|BEGUN)$/

/** The places where workers fall asleep, the first few in the order of the table. @param random draws the others */
export function drawSleeps(times: number, random: () => number): ArmedFailpoint[] {
  return Array.from({ length: times }, (_, time) => {
    const { when, name, most } = places[time] ?? pick(random, places)
    return { does: 'freeze', when, name, hit: integerBetween(random, 1, most + 1) }
  })
}

/** Freezes worker after worker, and wakes each when its successor has taken the job. */
export async function wakeZombies(
  stage: WorkerStage,
  sleeps: readonly ArmedFailpoint[],
  tell: (news: string) => void,
): Promise<void> {
  const [first, ...others] = sleeps
  let worker = first && stage.start(first)
  for (const [place, sleep] of sleeps.entries()) {
    if (!worker) return
    const told = toldFailpoint(sleep)
    await untilAsleep(stage, worker, told)
    const { jobId, ended } = await stage.job()
    const { messageCount } = await stage.service.jobs.read(tenant, jobId)
    const next = others[place]
    // One that falls asleep as it begins gets on with nothing.
    const heir = next && next.name !== 'syncBegin' ? stage.start(next) : stage.start()
    // It may fall asleep before its first commit: it has taken the job by then.
    const asleep = heir.untilLine(reachedFailpoint).catch(() => undefined)
    await Promise.race([untilLogHolds(stage.service, jobId, messageCount + 1), ended, asleep])
    worker.child.kill('SIGCONT')
    const [, name, gave = ''] = thawedFailpoint.exec(await worker.untilLine(thawedFailpoint)) ?? []
    if (sleep.when === 'before' && made.test(gave)) stage.result.faults.push(`${told}: ${name} gave ${gave}`)
    tell(`${told}: ${name} gave ${gave}`)
    await worker.end('SIGKILL')
    worker = heir
    if (next?.name === 'syncBegin') {
      await heir.end('SIGKILL')
      worker = stage.start(next)
    }
  }
  await stage.finish()
  await worker?.end('SIGKILL')
}

/** Lets a worker run over jobs until it is frozen. */
async function untilAsleep(stage: WorkerStage, worker: TestProcess, told: string): Promise<void> {
  const asleep = worker.untilLine(reachedFailpoint).then(() => 'asleep')
  for (let what = 'ended', jobs = 0; what === 'ended'; jobs++) {
    if (jobs === 3) throw new Error(`${told} was not reached: ${worker.stderr()}`)
    const { ended } = await stage.job()
    what = await Promise.race([asleep, ended.then(() => 'ended')])
  }
}
