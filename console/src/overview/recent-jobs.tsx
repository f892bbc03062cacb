import { api, resultOf } from '../api/client.ts'
import { useResource } from '../api/use-resource.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { JobList } from './job-list.tsx'

const refreshMs = 5000

/** The latest syncs of all sources, and those without one. Nothing where none has begun yet. */
export function RecentJobs() {
  const { data } = useResource(
    'recent jobs',
    (signal) => resultOf(api.GET('/v1/jobs', { params: { query: { limit: 10 } }, signal })),
    refreshMs,
  )
  if (!data || data.data.length === 0) return null
  return (
    <section aria-labelledby="recent-syncs">
      <h2 id="recent-syncs">Recent syncs</h2>
      <JobList jobs={data.data} namesConnection />
      <div class="list-foot">
        <span class="spread" />
        <CopyAsCurl call={{ path: 'v1/jobs?limit=10' }} />
      </div>
    </section>
  )
}
