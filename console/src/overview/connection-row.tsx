import type { Connection } from '../api/types.ts'
import { Status } from '../elements/status.tsx'
import { Time } from '../elements/time.tsx'
import { Link } from '../routing/navigation.tsx'
import { formatNoun } from '../words/figures.ts'
import { scheduleWords } from '../words/schedule-words.ts'
import { connectionWords } from '../words/statuses.ts'

/** One connection among others: how it is, when it runs, what came last. */
export function ConnectionRow({ connection }: { connection: Connection }) {
  const { connectionId, schedule, nextRuns, lastJob, streams } = connection
  const [nextRun] = nextRuns ?? []
  return (
    <li>
      <Link to={{ page: 'connection', connectionId }} class="title">
        {connectionId}
      </Link>
      <Status {...connectionWords(connection)} />
      <span class="muted">
        {scheduleWords(schedule)}
        {nextRun !== undefined && (
          <>
            {' · next '}
            <Time at={nextRun} relative />
          </>
        )}
      </span>
      <span class="muted end">
        {lastJob ? (
          <>
            <Link to={{ page: 'job', jobId: lastJob.jobId }}>{formatNoun(lastJob.rowsSynced, 'row')}</Link>{' '}
            <Time at={lastJob.lastUpdatedAt} relative />
          </>
        ) : (
          formatNoun(streams?.length ?? 0, 'stream')
        )}
      </span>
    </li>
  )
}
