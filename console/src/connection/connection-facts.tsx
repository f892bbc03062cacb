import { type Connection, hasEnded } from '../api/types.ts'
import { Time } from '../elements/time.tsx'
import { Link } from '../routing/navigation.tsx'
import { formatNoun } from '../words/figures.ts'
import { scheduleWords, zoneOf } from '../words/schedule-words.ts'
import { jobStatusWords } from '../words/statuses.ts'

/** When it runs, and when it ran. */
export function ConnectionFacts({ connection }: { connection: Connection }) {
  const {
    schedule,
    nextRuns = [],
    lastJob,
    lastSuccessAt,
    skippedRuns = 0,
    untakenRuns = 0,
    ack,
    paused,
    fullRefresh,
  } = connection
  const [next] = nextRuns
  const startDate = connection.config?.start_date
  return (
    <dl class="facts">
      <div>
        <dt>Schedule</dt>
        <dd>{scheduleWords(schedule)}</dd>
        {fullRefresh && (
          <dd class="note">
            full refresh of {fullRefresh.streams.join(', ')} {scheduleWords(fullRefresh.schedule)}
          </dd>
        )}
      </div>
      <div>
        <dt>Next sync</dt>
        <dd>
          {next === undefined ? (
            paused ? (
              'paused'
            ) : (
              'when asked'
            )
          ) : (
            <Time at={next} relative="ahead" zone={zoneOf(schedule)} />
          )}
        </dd>
        {next !== undefined && (
          <dd class="note">
            at <Time at={next ?? ''} zone={zoneOf(schedule)} />
          </dd>
        )}
      </div>
      <div>
        <dt>Last sync</dt>
        <dd>
          {lastJob ? (
            <Link to={{ page: 'job', jobId: lastJob.jobId }}>
              {jobStatusWords[lastJob.status].word.toLowerCase()}
              {hasEnded(lastJob.status) && (
                <>
                  {' '}
                  <Time at={lastJob.lastUpdatedAt} relative="past" />
                </>
              )}
            </Link>
          ) : (
            'none yet'
          )}
        </dd>
        {lastJob && (
          <dd class="note">
            {formatNoun(lastJob.rowsSynced, 'row')}
            {lastJob.jobType === 'refresh' && ', a full refresh'}
          </dd>
        )}
      </div>
      <div>
        <dt>Last successful sync</dt>
        <dd>{lastSuccessAt === undefined ? 'never' : <Time at={lastSuccessAt} relative="past" />}</dd>
        {lastJob?.jobType === 'refresh' && <dd class="note">full refreshes do not count</dd>}
        {skippedRuns > 0 && <dd class="note">{formatNoun(skippedRuns, 'due time')} skipped, ever</dd>}
        {untakenRuns > 0 && (
          <dd class="note">{formatNoun(untakenRuns, 'sync')} whose rows nobody acknowledged in time</dd>
        )}
      </div>
      <div>
        <dt>Since</dt>
        <dd>{typeof startDate === 'string' && startDate !== '' ? `${startDate.slice(0, 10)} UTC` : 'the beginning'}</dd>
        <dd class="note">{ack === 'on_success' ? 'does not wait for acknowledgement' : 'waits for acknowledgement'}</dd>
      </div>
    </dl>
  )
}
