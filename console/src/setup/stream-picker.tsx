import { useId, useState } from 'preact/hooks'
import { estimateWords, isCostly } from '../words/estimate-words.ts'
import type { SyncMode } from './draft.ts'
import { type KnownStream, usualMode } from './streams.ts'
import type { StreamEstimate } from './use-estimate.ts'

const modeWords: Record<SyncMode, string> = {
  incremental: 'what has changed',
  full_refresh: 'everything, each time',
}

interface StreamPickerProps {
  streams: readonly KnownStream[]
  chosen: Record<string, SyncMode>
  /** Streams that the token may not read. */
  refused: ReadonlySet<string>
  estimates?: ReadonlyMap<string, StreamEstimate>
  onChoose: (chosen: Record<string, SyncMode>) => void
}

/** All streams with a tick each, and how each is read. */
export function StreamPicker({ streams, chosen, refused, estimates, onChoose }: StreamPickerProps) {
  const [sought, setSought] = useState('')
  const ids = { sought: useId(), all: useId() }
  const shown = streams.filter(({ name }) => name.includes(sought.trim().toLowerCase().replaceAll(' ', '_')))
  const areAllChosen = shown.length > 0 && shown.every(({ name }) => Object.hasOwn(chosen, name))
  const choose = (wanted: readonly KnownStream[], isWanted: boolean) => {
    // Kept in the order of the streams, whatever the order of the clicks.
    const names = new Set(wanted.map(({ name }) => name))
    const pairs = streams.flatMap(({ name, modes }): [string, SyncMode][] => {
      const isChosen = names.has(name) ? isWanted : Object.hasOwn(chosen, name)
      return isChosen ? [[name, chosen[name] ?? usualMode(modes)]] : []
    })
    onChoose(Object.fromEntries(pairs))
  }
  return (
    <div class="card">
      <div class="picker-head">
        <input
          id={ids.all}
          type="checkbox"
          checked={areAllChosen}
          onChange={({ currentTarget }) => choose(shown, currentTarget.checked)}
        />
        <label for={ids.all}>Select all</label>
        <span class="spread" />
        <label for={ids.sought} class="unseen">
          Search streams
        </label>
        <input
          id={ids.sought}
          type="search"
          placeholder="Search"
          value={sought}
          onInput={({ currentTarget }) => setSought(currentTarget.value)}
        />
      </div>
      <ul class="picker">
        {shown.map((stream) => (
          <PickerRow
            key={stream.name}
            stream={stream}
            mode={chosen[stream.name]}
            isRefused={refused.has(stream.name)}
            estimate={estimates?.get(stream.name)}
            onPick={(isWanted) => choose([stream], isWanted)}
            onMode={(mode) => onChoose({ ...chosen, [stream.name]: mode })}
          />
        ))}
        {shown.length === 0 && <li class="muted">No stream has “{sought}” in its name.</li>}
      </ul>
    </div>
  )
}

interface PickerRowProps {
  stream: KnownStream
  /** Undefined where it is not chosen. */
  mode: SyncMode | undefined
  isRefused: boolean
  estimate: StreamEstimate | undefined
  onPick: (isWanted: boolean) => void
  onMode: (mode: SyncMode) => void
}

function PickerRow({ stream: { name, modes, isOptIn }, mode, isRefused, estimate, onPick, onMode }: PickerRowProps) {
  const id = useId()
  return (
    <li>
      <input
        id={id}
        type="checkbox"
        checked={mode !== undefined}
        onChange={({ currentTarget }) => onPick(currentTarget.checked)}
      />
      <label for={id}>{name}</label>
      <span class="muted">
        {isRefused && 'The token may not read it'}
        {!isRefused && !estimate && isOptIn && 'Needs a permission that few tokens have'}
        {!isRefused && estimate && <EstimateNote estimate={estimate} />}
      </span>
      {mode !== undefined && modes.length > 1 ? (
        <select
          aria-label={`How ${name} is read`}
          value={mode}
          onChange={({ currentTarget }) => onMode(currentTarget.value as SyncMode)}
        >
          {modes.map((one) => (
            <option key={one} value={one}>
              {modeWords[one]}
            </option>
          ))}
        </select>
      ) : (
        <span class="muted only-mode">{mode !== undefined && modeWords[mode]}</span>
      )}
    </li>
  )
}

/** What the stream would bring and cost; a costly one is marked. */
function EstimateNote({ estimate }: { estimate: StreamEstimate }) {
  if (estimate.problem) return <span class="fault">{estimate.problem.detail}</span>
  return (
    <span title={estimate.notes.join(' ')}>
      {isCostly(estimate) && <b class="costly">costly: </b>}
      {estimateWords(estimate)}
    </span>
  )
}
