import { session } from '../api/session.ts'
import { Link } from '../routing/navigation.tsx'
import type { Place } from '../routing/place.ts'
import { serviceRoot } from '../routing/service-root.ts'

/** The same on every page. */
export function TopBar({ place }: { place: Place }) {
  return (
    <header class="top-bar">
      <a class="skip" href={`${location.href.split('#')[0]}#content`}>
        Skip to content
      </a>
      <Link to={{ page: 'overview' }} class="name">
        intercom-sync
      </Link>
      <nav aria-label="Main">
        <Link
          to={{ page: 'connections' }}
          {...((place.page === 'connections' || place.page === 'overview') && { 'aria-current': 'page' as const })}
        >
          Sources
        </Link>
        <a href={new URL('docs/', serviceRoot).href}>API</a>
      </nav>
      <span class="spread" />
      {session.apiKey !== undefined && !session.isRefused && (
        <button type="button" class="quiet small" onClick={() => session.signOut()}>
          Sign out
        </button>
      )}
    </header>
  )
}
