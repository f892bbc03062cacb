import type { Connection } from '../api/types.ts'
import { Time } from '../elements/time.tsx'
import { Link } from '../routing/navigation.tsx'
import { formatCount, formatNoun } from '../words/figures.ts'
import { scheduleWords } from '../words/schedule-words.ts'
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
  const [next, ...later] = nextRuns
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
        <dd>{next === undefined ? paused ? 'paused' : 'when asked' : <Time at={next} relative />}</dd>
        {later.length > 0 && (
          <dd class="note">
            then <Time at={later[0] ?? ''} />
          </dd>
        )}
      </div>
      <div>
        <dt>Last sync</dt>
        <dd>
          {lastJob ? (
            <Link to={{ page: 'job', jobId: lastJob.jobId }}>
              {jobStatusWords[lastJob.status].word.toLowerCase()} <Time at={lastJob.lastUpdatedAt} relative />
            </Link>
          ) : (
            'none yet'
          )}
        </dd>
        {lastJob && <dd class="note">{formatNoun(lastJob.rowsSynced, 'row')}</dd>}
      </div>
      <div>
        <dt>Last success</dt>
        <dd>{lastSuccessAt === undefined ? 'never' : <Time at={lastSuccessAt} relative />}</dd>
        {skippedRuns > 0 && <dd class="note">{formatCount(skippedRuns)} due times skipped, ever</dd>}
        {untakenRuns > 0 && <dd class="note">{formatNoun(untakenRuns, 'sync')} whose rows nobody took in time</dd>}
      </div>
      <div>
        <dt>Reads</dt>
        <dd>
          {typeof startDate === 'string' && startDate !== '' ? `since ${startDate.slice(0, 10)} UTC` : 'everything'}
        </dd>
        <dd class="note">{ack === 'on_success' ? 'a success counts as taken' : 'a program takes the rows'}</dd>
      </div>
    </dl>
  )
}
