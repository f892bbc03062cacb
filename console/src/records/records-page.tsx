import { useId, useState } from 'preact/hooks'
import type { RecordPage } from '../api/types.ts'
import { useAction } from '../api/use-action.ts'
import { useResource } from '../api/use-resource.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { Loading, Problem } from '../elements/notice.tsx'
import { PageTitle } from '../elements/page-title.tsx'
import { Link } from '../routing/navigation.tsx'
import { formatCount } from '../words/figures.ts'
import { loadRecords } from './load-records.ts'
import { RecordTable } from './record-table.tsx'

/** The newest records of a stream in the log of a job. */
export function RecordsPage({ jobId, stream }: { jobId: number; stream: string }) {
  const [id, setId] = useState('')
  const [typed, setTyped] = useState('')
  const fieldId = useId()
  const path = `v1/jobs/${jobId}/records?${new URLSearchParams({ stream, ...(id !== '' && { id }) })}`
  return (
    <>
      <div class="page-head">
        <div>
          <PageTitle title={`Records of ${stream}`} />
          <div class="under-title">
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
      <Records key={id} {...{ jobId, stream, id }} />
      <div class="list-foot">
        <span class="spread" />
        <CopyAsCurl call={{ path }} />
      </div>
    </>
  )
}

function Records({ jobId, stream, id }: { jobId: number; stream: string; id: string }) {
  const first = useResource(`records ${jobId} ${stream} ${id}`, (signal) => loadRecords({ jobId, stream, id }, signal))
  const [further, setFurther] = useState<RecordPage[]>([])
  const pages = first.data ? [first.data, ...further] : []
  const last = pages.at(-1)
  const look = useAction(async () => {
    const page = await loadRecords({ jobId, stream, id, cursor: last?.next })
    setFurther([...further, page])
  })
  if (!last)
    return first.problem ? <Problem problem={first.problem} again={first.reload} /> : <Loading what="records" />
  const records = pages.flatMap(({ data }) => data)
  return (
    <>
      {records.length > 0 && <RecordTable records={records} />}
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
