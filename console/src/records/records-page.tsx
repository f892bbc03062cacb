import { useState } from 'preact/hooks'
import type { Job } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { Problem } from '../elements/notice.tsx'
import { PageTitle } from '../elements/page-title.tsx'
import { loadJob } from '../job/load-job.ts'
import { Link } from '../routing/navigation.tsx'
import { formatCount, formatNoun } from '../words/figures.ts'
import type { RecordQuery } from './load-records.ts'
import { idOf, RecordSearchForm } from './record-search-form.tsx'
import { RecordTable } from './record-table.tsx'
import { useRecordSearch } from './use-record-search.ts'

interface RecordsPageProps {
  jobId: number
  stream: string
  /** Only rows that belong to this row of the parent stream. */
  parentId?: string
}

/** The rows of a stream that a sync delivered, in full. */
export function RecordsPage({ jobId, stream, parentId }: RecordsPageProps) {
  const [key, setKey] = useState<string[]>([])
  const id = idOf(key)
  const query = { stream, ...(parentId !== undefined && { parentId }), ...(id !== '' && { id }) }
  const path = `v1/jobs/${jobId}/records?${new URLSearchParams(query)}`
  const job = useResource(`job ${jobId}`, (signal) => loadJob(jobId, signal))
  const { streams = [] } = job.data ?? {}
  const { parentStream: parent, primaryKey = ['id'] } = streams.find(({ streamName }) => streamName === stream) ?? {}
  const children = streams.filter(({ parentStream }) => parentStream === stream).map(({ streamName }) => streamName)
  const others = streams.flatMap(({ streamName, rowsSynced }) =>
    rowsSynced > 0 && streamName !== stream ? streamName : [],
  )
  return (
    <>
      <div class="page-head">
        <div>
          <PageTitle title={`Records of ${stream}`} />
          <div class="under-title">
            {parentId !== undefined && (
              <>
                of {parent ?? 'the row'} {parentId} (<Link to={{ page: 'records', jobId, stream }}>show all</Link>),{' '}
              </>
            )}
            last delivered first, from <Link to={{ page: 'job', jobId }}>sync {jobId}</Link>
          </div>
        </div>
        <RecordSearchForm
          {...{ jobId, stream, others }}
          members={job.data || job.problem ? primaryKey : []}
          onSearch={setKey}
        />
      </div>
      <Records key={id} {...{ jobId, stream, parentId, id, children }} keyWords={key.join(', ')} job={job.data} />
      <div class="list-foot">
        <span class="spread" />
        <CopyAsCurl call={{ path }} />
      </div>
    </>
  )
}

interface RecordsProps extends RecordQuery {
  /** The streams whose rows belong to these. */
  children: readonly string[]
  /** The key that is looked for, for people. */
  keyWords: string
  job: Job | undefined
}

/** Rows that are looked for at a time. With an id the latest version of one is enough. */
const pageSize = 20

function Records({ children, keyWords, job, ...query }: RecordsProps) {
  const { jobId, stream, id } = query
  const { records, linesLeft, isSearching, problem, stop, goOn } = useRecordSearch(query, id === '' ? pageSize : 1)
  const isAtBeginning = linesLeft === 0
  return (
    <>
      {records.length > 0 && <RecordTable {...{ jobId, records, children }} />}
      {isSearching && <Searching linesLeft={linesLeft} lines={job?.messageCount} onStop={stop} />}
      {problem && <Problem problem={problem} again={goOn} />}
      {!isSearching && linesLeft !== undefined && (
        <p class="muted" role="status">
          {whereItEnded(records.length, linesLeft, rowWords(query, keyWords))}
          {isAtBeginning && records.length === 0 && id === '' && job?.connectionId !== undefined && (
            <>
              {' '}
              Earlier syncs may have:{' '}
              <Link to={{ page: 'connection', connectionId: job.connectionId }}>{job.connectionId}</Link> leads to the
              last rows of {stream}.
            </>
          )}
        </p>
      )}
      {!isSearching && !isAtBeginning && !problem && (
        <button type="button" onClick={goOn}>
          {id !== '' && records.length > 0 ? 'Look for older versions' : 'Look further back'}
        </button>
      )}
    </>
  )
}

interface SearchingProps {
  linesLeft: number | undefined
  /** All lines of the log, as far as it is known. */
  lines: number | undefined
  onStop: () => void
}

/** How far a search is. */
function Searching({ linesLeft, lines, onStop }: SearchingProps) {
  const looked = lines === undefined || linesLeft === undefined ? undefined : Math.max(0, lines - linesLeft)
  return (
    <div class="searching" role="status">
      <progress aria-label="Searched of the log" max={lines ?? 1} value={looked ?? 0} />
      <span>
        Searching the log{looked !== undefined && `: ${formatCount(looked)} of ${formatCount(lines ?? 0)} lines so far`}{' '}
        …
      </span>
      <button type="button" class="small" onClick={onStop}>
        Stop
      </button>
    </div>
  )
}

function whereItEnded(count: number, linesLeft: number, wanted: string): string {
  if (linesLeft === 0)
    return count === 0 ? `This sync brought no ${wanted}.` : 'That is all: the whole log was searched.'
  const left = `The first ${formatNoun(linesLeft, 'line')} of the log were not searched yet.`
  return count === 0 ? `Stopped. ${left}` : left
}

/** What is looked for. */
function rowWords({ stream, parentId }: RecordQuery, keyWords: string): string {
  const ofParent = parentId === undefined ? '' : ` that belongs to ${parentId}`
  return `row of ${stream}${ofParent}${keyWords === '' ? '' : ` with the id ${keyWords}`}`
}
