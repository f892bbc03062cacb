import { useId, useState } from 'preact/hooks'
import type { RecordPage } from '../api/types.ts'
import { useAction } from '../api/use-action.ts'
import { useResource } from '../api/use-resource.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { Loading, Problem } from '../elements/notice.tsx'
import { PageTitle } from '../elements/page-title.tsx'
import { loadJob } from '../job/load-job.ts'
import { Link } from '../routing/navigation.tsx'
import { formatCount } from '../words/figures.ts'
import { loadRecords, type RecordQuery } from './load-records.ts'
import { RecordTable } from './record-table.tsx'

interface RecordsPageProps {
  jobId: number
  stream: string
  /** Only records that belong to this record of the parent stream. */
  parentId?: string
}

/** The newest records of a stream in the log of a job. */
export function RecordsPage({ jobId, stream, parentId }: RecordsPageProps) {
  const [id, setId] = useState('')
  const [typed, setTyped] = useState('')
  const fieldId = useId()
  const query = { stream, ...(parentId !== undefined && { parentId }), ...(id !== '' && { id }) }
  const path = `v1/jobs/${jobId}/records?${new URLSearchParams(query)}`
  const job = useResource(`job ${jobId}`, (signal) => loadJob(jobId, signal))
  const { streams = [] } = job.data ?? {}
  const parent = streams.find(({ streamName }) => streamName === stream)?.parentStream
  const children = streams.filter(({ parentStream }) => parentStream === stream).map(({ streamName }) => streamName)
  return (
    <>
      <div class="page-head">
        <div>
          <PageTitle title={`Records of ${stream}`} />
          <div class="under-title">
            {parentId !== undefined && (
              <>
                of {parent ?? 'the record'} {parentId} (<Link to={{ page: 'records', jobId, stream }}>show all</Link>),{' '}
              </>
            )}
            newest first, from <Link to={{ page: 'job', jobId }}>sync {jobId}</Link>
          </div>
        </div>
        <form
          class="search"
          onSubmit={(event) => {
            event.preventDefault()
            setId(typed.trim())
          }}
        >
          <label for={fieldId}>Id</label>
          <input
            id={fieldId}
            type="search"
            value={typed}
            spellcheck={false}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
          <button type="submit">Search</button>
        </form>
      </div>
      <Records key={id} {...{ jobId, stream, parentId, id, children }} />
      <div class="list-foot">
        <span class="spread" />
        <CopyAsCurl call={{ path }} />
      </div>
    </>
  )
}

interface RecordsProps extends RecordQuery {
  /** The streams whose records belong to these. */
  children: readonly string[]
}

function Records({ children, ...query }: RecordsProps) {
  const { jobId, id } = query
  const first = useResource(JSON.stringify(query), (signal) => loadRecords(query, signal))
  const [further, setFurther] = useState<RecordPage[]>([])
  const pages = first.data ? [first.data, ...further] : []
  const last = pages.at(-1)
  const look = useAction(async () => {
    const page = await loadRecords({ ...query, cursor: last?.next })
    setFurther([...further, page])
  })
  if (!last)
    return first.problem ? <Problem problem={first.problem} again={first.reload} /> : <Loading what="records" />
  const records = pages.flatMap(({ data }) => data)
  return (
    <>
      {records.length > 0 && <RecordTable {...{ jobId, records, children }} />}
      <p class="muted">{whereItStopped(records.length, last, id)}</p>
      {look.problem && <Problem problem={look.problem} />}
      {last.next !== undefined && (
        <button type="button" onClick={() => void look.run()} disabled={look.isRunning}>
          Look further back
        </button>
      )}
    </>
  )
}

/** A page comes from a bounded piece of the log, which may hold none. */
function whereItStopped(count: number, { messagesLeft, next }: RecordPage, id: string): string {
  const wanted = id === '' ? 'record of this stream' : `record with the id ${id}`
  if (next === undefined) return count === 0 ? `The log holds no ${wanted}.` : 'This is the beginning of the log.'
  const left = `${formatCount(messagesLeft)} messages before these were not looked at yet.`
  return count === 0 ? `No ${wanted} so far. ${left}` : left
}
