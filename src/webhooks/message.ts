import { formatNoun } from '../display/figures.ts'
import type { WebhookFormat } from './webhook.ts'

/** A job that has ended, as far as messages tell it apart from its own form. */
interface ToldJob {
  jobId: number
  status: string
  rowsSynced: number
  streams: readonly { streamName: string; status: string; completeness?: { counted?: number; received?: number } }[]
  skippedStreams?: readonly string[]
  failure?: object
}

/** What a webhook is told. */
interface ToldEvent {
  type: string
  /** Ms since the epoch. */
  at: number
  connectionId: string
  /** Absent for events without a job, and when its record is gone. */
  job?: ToldJob
  /** Due times without a job. */
  skipped?: { kind: string; reason: string; count: number; dueAt: number }
  /** Failures in a row. */
  consecutiveFailures?: number
}

/**
 * The body for a webhook.
 *
 * @param jobBody the job in the form of the API
 * @param publicUrl where callers find the service; undefined: links are paths
 */
export function webhookBodyOf(
  event: ToldEvent,
  format: WebhookFormat,
  jobBody: object | undefined,
  publicUrl = '',
): string {
  const link = `${publicUrl}${pathOf(event)}`
  if (format === 'slack') return JSON.stringify({ text: `${escapeForSlack(sentenceOf(event))} ${link}` })
  const { type, at, connectionId, job, skipped, consecutiveFailures } = event
  return JSON.stringify({
    type,
    timestamp: new Date(at).toISOString(),
    data: {
      connectionId,
      ...(jobBody && { job: jobBody }),
      ...(job && { completeness: completenessOf(job) }),
      ...(job?.failure && { failure: job.failure }),
      ...(consecutiveFailures !== undefined && { consecutiveFailures }),
      ...(skipped && { skipped: { ...skipped, dueAt: new Date(skipped.dueAt).toISOString() } }),
      link,
    },
  })
}

function pathOf({ connectionId, job }: ToldEvent): string {
  return job ? `/v1/jobs/${job.jobId}` : `/v1/connections/${connectionId}`
}

/** Whether everything came that the job was asked for, and how many records Intercom counted of what was counted. */
function completenessOf({ status, streams, skippedStreams = [] }: ToldJob) {
  const incompleteStreams = streams.filter((stream) => stream.status !== 'COMPLETE').map(({ streamName }) => streamName)
  const sum = (member: 'counted' | 'received') =>
    streams.reduce((total, { completeness }) => total + (completeness?.[member] ?? 0), 0)
  return {
    complete: status === 'succeeded' && incompleteStreams.length === 0 && skippedStreams.length === 0,
    incompleteStreams,
    skippedStreams,
    ...(streams.some(({ completeness }) => completeness?.counted !== undefined) && {
      counted: sum('counted'),
      received: sum('received'),
    }),
  }
}

/** For people. */
function sentenceOf({ type, connectionId, job, skipped, consecutiveFailures }: ToldEvent): string {
  const rows = job ? formatNoun(job.rowsSynced, 'row') : ''
  const why = job?.failure && 'message' in job.failure ? `: ${job.failure.message}` : ''
  const sentences: Record<string, string> = {
    'job.succeeded': `${connectionId}: job ${job?.jobId} succeeded, ${rows}.`,
    'job.failed': `${connectionId}: job ${job?.jobId} failed${why} (${rows})`,
    'job.cancelled': `${connectionId}: job ${job?.jobId} was cancelled, ${rows}.`,
    'connection.failing': `${connectionId} is failing: ${consecutiveFailures} syncs in a row have failed${why}`,
    'connection.recovered': `${connectionId} has recovered: a sync has succeeded.`,
    'connection.needs_sign_in': `${connectionId} needs to be signed in to Intercom again.`,
    'schedule.skipped': `${connectionId}: ${formatNoun(skipped?.count ?? 0, 'due time')} skipped (${skipped?.reason}).`,
    'schedule.untaken': `${connectionId}: messages of the sync before are gone, and nobody had acknowledged them. Job ${job?.jobId} begins where they were acknowledged last.`,
    'webhook.test': `${connectionId}: this is a test.`,
  }
  return sentences[type] ?? `${connectionId}: ${type}`
}

/** Slack reads three characters as its own. */
function escapeForSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
