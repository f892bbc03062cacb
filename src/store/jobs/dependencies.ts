import type { JobEndDependencies } from '../attempts/job-end.ts'
import type { CheckpointSource } from '../log/checkpoints.ts'
import type { WakeUps } from '../log/wake-ups.ts'

export interface JobStoreOptions extends JobEndDependencies, Pick<CheckpointSource, 'segmentReader'> {
  wakeUps: WakeUps
  /** Hands a new job to the workers. */
  enqueue: (jobId: number) => Promise<void>
  /** Removes what the queue still has of an ended job. @defaultValue nothing is left there */
  dequeue?: (jobId: number) => Promise<void>
  /** Whether a worker has the job at this moment. @defaultValue a running job has one */
  isHeld?: (jobId: number) => Promise<boolean>
  /** How long a reader's lease lasts, ms. @defaultValue `usualReaderLeaseMs` */
  readerLeaseMs?: number
}

/** The same, completed. */
export type JobStoreDependencies = Required<Omit<JobStoreOptions, Optional>> & Pick<JobStoreOptions, Optional>
type Optional = 'onJobEnded' | 'segmentReader'

/** What starting a job needs of them. */
export type StartDependencies = Pick<
  JobStoreDependencies,
  'redis' | 'keys' | 'clock' | 'readerLeaseMs' | 'enqueue' | 'isHeld'
>
