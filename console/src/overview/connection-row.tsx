import { type Connection, hasEnded } from '../api/types.ts'
import { Status } from '../elements/status.tsx'
import { Time } from '../elements/time.tsx'
import { Link } from '../routing/navigation.tsx'
import { formatNoun } from '../words/figures.ts'
import { scheduleWords, zoneOf } from '../words/schedule-words.ts'
import { sourceWords } from '../words/statuses.ts'

/** One source among others: how it is, when it runs, what came last. */
export function ConnectionRow({ connection }: { connection: Connection }) {
  const { connectionId, schedule, nextRuns, lastJob, streams } = connection
  const [nextRun] = nextRuns ?? []
  return (
    <li>
      <Link to={{ page: 'connection', connectionId }} class="title">
        {connectionId}
      </Link>
      <Status {...sourceWords(connection)} />
      <span class="muted">
        {scheduleWords(schedule)}
        {nextRun !== undefined && (
          <>
            {' · next '}
            <Time at={nextRun} relative="ahead" zone={zoneOf(schedule)} />
          </>
        )}
      </span>
      <span class="muted end">
        {lastJob ? (
          <>
            <Link to={{ page: 'job', jobId: lastJob.jobId }}>{formatNoun(lastJob.rowsSynced, 'row')}</Link>{' '}
            {hasEnded(lastJob.status) ? <Time at={lastJob.lastUpdatedAt} relative="past" /> : 'so far'}
          </>
        ) : (
          formatNoun(streams?.length ?? 0, 'stream')
        )}
      </span>
    </li>
  )
}
