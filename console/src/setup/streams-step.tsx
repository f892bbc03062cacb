import type { Resource } from '../api/use-resource.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { Loading, Problem } from '../elements/notice.tsx'
import { totalWords } from '../words/estimate-words.ts'
import { formatCount } from '../words/figures.ts'
import { type Access, type SyncMode, shownAccess } from './draft.ts'
import { StreamPicker } from './stream-picker.tsx'
import { type KnownStream, streamList } from './streams.ts'
import { useEstimate } from './use-estimate.ts'

interface StreamsStepProps {
  access: Access
  known: Resource<KnownStream[]>
  chosen: Record<string, SyncMode>
  refused: ReadonlySet<string>
  onChoose: (chosen: Record<string, SyncMode>) => void
  onBack: () => void
  onNext: () => void
}

/** What is read, and how. */
export function StreamsStep({ access, known, chosen, refused, onChoose, onBack, onNext }: StreamsStepProps) {
  const count = Object.keys(chosen).length
  const { action, streams, parts, total } = useEstimate(access, chosen, known.data !== undefined)
  const body = { ...shownAccess(access), streams: streamList(chosen) }
  const estimateCall = { method: 'POST', path: 'v1/estimate', body } as const
  return (
    <form
      class="setup wide-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (count > 0) onNext()
      }}
    >
      {known.problem && <Problem problem={known.problem} again={known.reload} />}
      {known.data ? (
        <StreamPicker streams={known.data} estimates={streams} areTried {...{ chosen, refused, onChoose }} />
      ) : (
        !known.problem && <Loading what="streams" />
      )}
      <p class="muted">
        {count === 0
          ? 'Choose a stream to go on.'
          : `${formatCount(count)} of ${formatCount(known.data?.length ?? 0)} chosen.`}
      </p>
      {count > 0 && (
        <p role="status">
          {total
            ? `The first sync: ${totalWords(total, parts)} at Intercom's rate limit.`
            : action.isRunning && 'Asking Intercom what the first sync would bring …'}
        </p>
      )}
      {action.problem && <Problem problem={action.problem} />}
      <div class="actions">
        <button type="button" onClick={onBack}>
          Back
        </button>
        <button type="submit" class="main" disabled={count === 0}>
          Next
        </button>
        <button type="button" onClick={() => void action.run()} disabled={count === 0 || action.isRunning}>
          {action.isRunning ? 'Asking Intercom …' : 'Estimate again'}
        </button>
        <span class="spread" />
        <CopyAsCurl call={estimateCall} />
      </div>
    </form>
  )
}
