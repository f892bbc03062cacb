import type { Connection, Job } from '../api/types.ts'
import { Fix, Notice } from '../elements/notice.tsx'
import { Time } from '../elements/time.tsx'
import { Link } from '../routing/navigation.tsx'
import { regionOf } from '../setup/draft.ts'
import { SignInAtIntercom } from '../setup/sign-in-at-intercom.tsx'
import { whoseFault } from '../words/failures.ts'
import { formatNoun } from '../words/figures.ts'

interface HealthProps {
  connection: Connection
  /** Of its last sync, with all that is known of it. */
  failure: Job['failure']
  onEdit: () => void
  reload: () => void
}

/** Why the source is not well, and what to do. Nothing for one that is. */
export function Health({ connection, failure, onEdit, reload }: HealthProps) {
  const { health, lastJob } = connection
  const needsSignIn = health === 'needs_sign_in' || lastJob?.failure?.code === 'token_invalid'
  if (lastJob?.status === 'failed' || needsSignIn) {
    return (
      <Notice tone="problem" title={titleOf(connection)}>
        {lastJob?.failure && (
          <>
            <p class="failure-message">{lastJob.failure.message}</p>
            {failure && <p>{whoseFault[failure.failureType]}</p>}
            <Fix code={lastJob.failure.code} />
          </>
        )}
        {needsSignIn && (
          <div class="actions">
            <SignInAtIntercom
              connectionId={connection.connectionId}
              region={regionOf(connection)}
              label="Sign in again"
              onConnected={reload}
            />
            <button type="button" onClick={onEdit}>
              Put in another token
            </button>
          </div>
        )}
        {lastJob && <LastJob connection={connection} jobId={lastJob.jobId} />}
      </Notice>
    )
  }
  if (health === 'waiting_for_acknowledgement') {
    return (
      <Notice tone="attention" title="The next scheduled sync waits for an acknowledgement">
        <p>
          Your program has to say that it has the rows of the last sync (POST /v1/jobs/{lastJob?.jobId ?? '{jobId}'}
          /ack). If there is no such program, choose “Do not wait” under Edit.
        </p>
      </Notice>
    )
  }
  return null
}

function titleOf({ health, lastJob, consecutiveFailures = 0 }: Connection): string {
  if (health === 'needs_sign_in') return 'Intercom no longer accepts the token: nothing begins by itself'
  if (lastJob?.jobType === 'refresh') return 'The last full refresh failed'
  return consecutiveFailures > 1 ? `The last ${formatNoun(consecutiveFailures, 'sync')} failed` : 'The last sync failed'
}

function LastJob({ connection: { lastSuccessAt }, jobId }: { connection: Connection; jobId: number }) {
  return (
    <p>
      <Link to={{ page: 'job', jobId }}>Look at that sync</Link>
      {lastSuccessAt !== undefined && (
        <span class="muted">
          {' '}
          · the last one that succeeded ended <Time at={lastSuccessAt} relative="past" />
        </span>
      )}
    </p>
  )
}
