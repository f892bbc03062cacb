import { Component, type ComponentChildren } from 'preact'
import { forget, readKept } from '../api/kept.ts'
import { PageTitle } from '../elements/page-title.tsx'
import { Link } from '../routing/navigation.tsx'

interface BoundaryState {
  /** Why it cannot be shown. Anything can be thrown. */
  failure?: { thrown: unknown } | undefined
}

/** What is inside, or why it cannot be shown, and a way on: without this, one error would leave the page blank. */
export class Boundary extends Component<{ children: ComponentChildren }, BoundaryState> {
  static override getDerivedStateFromError(thrown: unknown): BoundaryState {
    return { failure: { thrown } }
  }

  override render() {
    const { failure } = this.state
    if (!failure) return this.props.children
    const { thrown } = failure
    return (
      <section class="empty" role="alert">
        <PageTitle title="This page has failed" />
        <p>It is a fault of the page. Your sources and their syncs go on without it.</p>
        <p>
          <code>{thrown instanceof Error ? thrown.message : String(thrown)}</code>
        </p>
        <div class="actions">
          <button type="button" class="main" onClick={() => this.setState({ failure: undefined })}>
            Try again
          </button>
          {readKept('draft') !== undefined && (
            <button
              type="button"
              onClick={() => {
                forget('draft')
                location.reload()
              }}
            >
              Forget the source that is half described
            </button>
          )}
          <Link to={{ page: 'overview' }} class="button">
            Go to all sources
          </Link>
        </div>
      </section>
    )
  }
}
