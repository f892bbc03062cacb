import { useEffect, useReducer } from 'preact/hooks'
import { session } from '../api/session.ts'
import { ConnectionPage } from '../connection/connection-page.tsx'
import { PageTitle } from '../elements/page-title.tsx'
import { JobPage } from '../job/job-page.tsx'
import { ConnectionsPage } from '../overview/connections-page.tsx'
import { RecordsPage } from '../records/records-page.tsx'
import { Link, usePlace } from '../routing/navigation.tsx'
import { type Place, pathOf } from '../routing/place.ts'
import { SetupPage } from '../setup/setup-page.tsx'
import { Boundary } from './boundary.tsx'
import { Foot } from './foot.tsx'
import { SignIn } from './sign-in.tsx'
import { TopBar } from './top-bar.tsx'

/** The whole page: who uses it, where it is, and what is there. */
export function Console() {
  const place = usePlace()
  const [turn, next] = useReducer((count: number) => count + 1, 0)
  useEffect(() => session.onChange(() => next(undefined)), [])
  return (
    <>
      <TopBar place={place} />
      {/* With another key everything is asked anew: nothing of one tenant is left on the page of another. */}
      <main key={`${session.apiKey === undefined} ${turn}`} id="content">
        {/* What has failed on one page says nothing of another. */}
        <Boundary key={pathOf(place)}>{session.isRefused ? <SignIn /> : <Page place={place} />}</Boundary>
      </main>
      <Foot />
    </>
  )
}

function Page({ place }: { place: Place }) {
  switch (place.page) {
    case 'overview':
    case 'connections':
      return <ConnectionsPage />
    case 'setup':
      return <SetupPage />
    case 'connection':
      return <ConnectionPage key={place.connectionId} connectionId={place.connectionId} />
    case 'job':
      return <JobPage key={place.jobId} jobId={place.jobId} />
    case 'records':
      return <RecordsPage key={pathOf(place)} {...place} />
    default:
      return <Nowhere />
  }
}

function Nowhere() {
  return (
    <section class="empty">
      <PageTitle title="Nothing is here" />
      <p>The address leads to no page. It may have been cut off when it was copied.</p>
      <p>
        <Link to={{ page: 'overview' }}>Go to all sources</Link>
      </p>
    </section>
  )
}
