import { type ExitCode, exitCodes } from '../../command-line/exit-code.ts'
import { formatCount, formatNoun, formatSeconds, formatSize } from '../../display/figures.ts'
import { alignColumns } from '../service/columns.ts'
import { hasRemoteJobEnded, type RemoteJob } from './job.ts'
import { wordsOfWait } from './job-progress.ts'

/** The exit code that tells how a job has ended. */
export function exitCodeOf({ status }: { status: string }): ExitCode {
  if (status === 'succeeded') return exitCodes.done
  return status === 'cancelled' ? exitCodes.cancelled : exitCodes.failed
}

/** `Job 17 of connection acme is running: …` */
export function jobLine(job: RemoteJob): string {
  const { jobId, connectionId, status, seconds, rowsSynced, bytesSynced, messageCount, attempts } = job
  const name = `Job ${jobId}${connectionId === undefined ? '' : ` of connection ${connectionId}`}`
  const time = seconds === 0 ? '' : ` ${hasRemoteJobEnded(job) ? 'after' : 'for'} ${formatSeconds(seconds * 1000)}`
  const state = hasRemoteJobEnded(job) ? verbs[status] : `is ${job.isBeingCancelled ? 'about to be cancelled' : status}`
  const figures = [
    formatNoun(rowsSynced, 'record'),
    formatSize(bytesSynced),
    formatNoun(messageCount, 'message'),
    formatNoun(attempts, 'attempt'),
  ]
  const wait = wordsOfWait(job)
  return `${name} ${state}${time}: ${figures.join(', ')}${wait === undefined ? '' : `; waiting for ${wait}`}`
}

const verbs: Readonly<Record<string, string>> = {
  succeeded: 'has succeeded',
  failed: 'has failed',
  cancelled: 'was cancelled',
}

/** All that is worth seeing of a job, in lines. */
export function jobText(job: RemoteJob): string {
  const streams = job.streams.map(({ name, status, rowsSynced, rowsEstimate }) => [
    `  ${name}`,
    status,
    `${formatCount(rowsSynced)}${rowsEstimate === undefined ? '' : ` of ${formatCount(rowsEstimate)}`}`,
  ])
  const failure = job.failure === undefined ? [] : [`  ${job.failure}`]
  const skipped = job.skippedStreams.map((name) => [`  ${name}`, 'SKIPPED', ''])
  return [
    jobLine(job),
    ...failure,
    ...alignColumns([...streams, ...skipped]),
    ...job.streams.flatMap(limitsOf),
    '',
  ].join('\n')
}

/** Where a stream has fewer rows than somebody may expect, although it is complete. */
function limitsOf({ name, capped, deletedMeanwhile }: RemoteJob['streams'][number]): string[] {
  return [
    ...(capped > 0 ? [`  ${name}: of ${formatNoun(capped, 'parent')} Intercom gives the newest children only`] : []),
    ...(deletedMeanwhile > 0
      ? [`  ${name}: ${formatNoun(deletedMeanwhile, 'parent')} deleted between being found and being read`]
      : []),
  ]
}
