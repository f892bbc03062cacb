import { setTimeout as pause } from 'node:timers/promises'
import type { Figures } from './figures.ts'
import type { Fleet } from './fleet.ts'
import type { Phase } from './plan.ts'
import { type Version, versions } from './versions.ts'

const lookEveryMs = 50
/** No round takes as long. */
const longestMs = 300_000

/** Which versions have written the messages of a job, in turn, as far as it is sure: while there was one version alone. */
export type Writers = ReadonlyMap<number, Version[]>

/** Who wrote what: told whenever the workers become others. */
interface Observer {
  /** What has been written so far was written by the workers there were. */
  settle(workers: ReadonlySet<Version>): Promise<void>
  writers: Writers
}

/** What happens beside the workers' coming and going. */
export interface PhaseOptions {
  figures: Figures
  /** Called before each phase but the first. */
  onHandOver(): void
  /** Called once in the last phase: the jobs may end now. */
  release(): void
}

/** Has the workers of the phases follow one another while the jobs run. @returns who has written what, all jobs having ended */
export async function playPhases(
  fleet: Fleet,
  jobIds: readonly number[],
  phases: readonly Phase[],
  { figures, onHandOver, release }: PhaseOptions,
): Promise<Writers> {
  const observer = observe(fleet, jobIds)
  for (const [place, phase] of phases.entries()) {
    if (place > 0) onHandOver()
    await enter(fleet, phase, figures, observer)
    if (place < phases.length - 1) await untilFurther(fleet, jobIds, phase.messages)
  }
  release()
  await untilFurther(fleet, jobIds, Number.POSITIVE_INFINITY)
  await observer.settle(fleet.workers)
  return observer.writers
}

/** Before the jobs of a round begin. */
export async function enterFirst(fleet: Fleet, phase: Phase, figures: Figures): Promise<void> {
  await enter(fleet, phase, figures, observe(fleet, []))
}

async function enter(fleet: Fleet, phase: Phase, figures: Figures, observer: Observer): Promise<void> {
  const starts = phase.workers.filter((version) => !fleet.workers.has(version))
  const ends = versions.filter((version) => fleet.workers.has(version) && !phase.workers.includes(version))
  const start = async () => {
    await observer.settle(fleet.workers)
    await Promise.all(starts.map((version) => fleet.startWorker(version)))
  }
  if (phase.startsFirst) await start()
  for (const version of ends) {
    const before = fleet.workers
    await fleet.endWorker(version, phase.signal)
    figures.count(phase.signal === 'SIGKILL' ? 'workersKilled' : 'workersStopped')
    // Until it was gone it may have written.
    await observer.settle(before)
  }
  if (!phase.startsFirst) await start()
}

function observe(fleet: Fleet, jobIds: readonly number[]): Observer {
  const writers = new Map<number, Version[]>(jobIds.map((jobId) => [jobId, []]))
  const seen = new Map<number, number>()
  return {
    writers,
    async settle(workers) {
      const [version] = workers.size === 1 ? workers : []
      for (const [jobId, sequence] of writers) {
        const { messages } = await fleet.progressOf(jobId)
        if (version && messages > (seen.get(jobId) ?? 0) && sequence.at(-1) !== version) sequence.push(version)
        seen.set(jobId, messages)
      }
    },
  }
}

/** Waits until the jobs together have so many messages more, or all have ended. @throws Error when they stand still */
export async function untilFurther(fleet: Fleet, jobIds: readonly number[], messages: number): Promise<void> {
  const look = () => Promise.all(jobIds.map((jobId) => fleet.progressOf(jobId)))
  const sum = (progress: Awaited<ReturnType<typeof look>>) => progress.reduce((total, one) => total + one.messages, 0)
  const before = sum(await look())
  const began = performance.now()
  for (;;) {
    if (performance.now() - began > longestMs) throw new Error(`jobs ${jobIds.join(', ')} do not come to their end`)
    const progress = await look()
    if (progress.every(({ hasEnded }) => hasEnded) || sum(progress) >= before + messages) return
    await pause(lookEveryMs)
  }
}
