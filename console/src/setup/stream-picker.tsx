import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { estimateWords, isCostly } from '../words/estimate-words.ts'
import type { SyncMode } from './draft.ts'
import { hintOf, type KnownStream, usualMode } from './streams.ts'
import type { StreamEstimate } from './use-estimate.ts'

const modeWords: Record<SyncMode, string> = {
  incremental: 'all at first, then changes',
  full_refresh: 'everything, each time',
}

interface StreamPickerProps {
  streams: readonly KnownStream[]
  chosen: Record<string, SyncMode>
  /** Streams that the token may not read. */
  refused: ReadonlySet<string>
  /** Whether it is known which may be read. @defaultValue false */
  areTried?: boolean
  estimates?: ReadonlyMap<string, StreamEstimate>
  onChoose: (chosen: Record<string, SyncMode>) => void
}

/** All streams with a tick each, and how each is read. */
export function StreamPicker({ streams, chosen, refused, areTried = false, estimates, onChoose }: StreamPickerProps) {
  const [sought, setSought] = useState('')
  const ids = { sought: useId(), all: useId() }
  const shown = streams.filter(({ name }) => name.includes(sought.trim().toLowerCase().replaceAll(' ', '_')))
  const count = shown.filter(({ name }) => Object.hasOwn(chosen, name)).length
  const areAllChosen = shown.length > 0 && count === shown.length
  const choose = (wanted: readonly KnownStream[], isWanted: boolean) => {
    // Kept in the order of the streams, whatever the order of the clicks.
    const names = new Set(wanted.map(({ name }) => name))
    const pairs = streams.flatMap(({ name, modes }): [string, SyncMode][] => {
      const isChosen = names.has(name) ? isWanted : Object.hasOwn(chosen, name)
      return isChosen ? [[name, chosen[name] ?? usualMode(modes)]] : []
    })
    // What this list does not have stays: `*`, or a stream of another version.
    const others = Object.entries(chosen).filter(([name]) => streams.every((stream) => stream.name !== name))
    onChoose(Object.fromEntries([...others, ...pairs]))
  }
  return (
    <div class="card">
      <div class="picker-head">
        <TickForAll
          id={ids.all}
          isTicked={areAllChosen}
          isHalf={!areAllChosen && count > 0}
          onTick={(isTicked) => choose(shown, isTicked)}
        />
        <label for={ids.all}>Select all</label>
        <button type="button" class="quiet small" disabled={count === 0} onClick={() => choose(shown, false)}>
          Select none
        </button>
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
      <p class="picker-columns" aria-hidden="true">
        <span>Stream</span>
        <span>{estimates ? 'Estimate of the first sync' : ''}</span>
        <span>Each sync reads</span>
      </p>
      <ul class="picker">
        {shown.map((stream) => (
          <PickerRow
            key={stream.name}
            stream={stream}
            hint={hintOf(stream, streams)}
            mode={chosen[stream.name]}
            isRefused={refused.has(stream.name)}
            isTried={areTried}
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

interface TickForAllProps {
  id: string
  isTicked: boolean
  /** Whether some are ticked, but not all. */
  isHalf: boolean
  onTick: (isTicked: boolean) => void
}

function TickForAll({ id, isTicked, isHalf, onTick }: TickForAllProps) {
  const box = useRef<HTMLInputElement>(null)
  // Only a script can set it: there is no attribute for it.
  useEffect(() => {
    if (box.current) box.current.indeterminate = isHalf
  }, [isHalf, isTicked])
  return (
    <input
      ref={box}
      id={id}
      type="checkbox"
      checked={isTicked}
      onChange={({ currentTarget }) => onTick(currentTarget.checked)}
    />
  )
}

interface PickerRowProps {
  stream: KnownStream
  hint: string | undefined
  /** Undefined where it is not chosen. */
  mode: SyncMode | undefined
  isRefused: boolean
  isTried: boolean
  estimate: StreamEstimate | undefined
  onPick: (isWanted: boolean) => void
  onMode: (mode: SyncMode) => void
}

function PickerRow({ stream, hint, mode, isRefused, isTried, estimate, onPick, onMode }: PickerRowProps) {
  const { name, modes, isOptIn, permissions, askedFor } = stream
  const id = useId()
  return (
    <li>
      <input
        id={id}
        type="checkbox"
        checked={mode !== undefined}
        onChange={({ currentTarget }) => onPick(currentTarget.checked)}
      />
      <div>
        <label for={id}>{name}</label>
        {hint !== undefined && (
          <span class="hint">
            {askedFor !== undefined && <b class="costly">costly: </b>}
            {hint}
          </span>
        )}
      </div>
      <span class="muted">
        {isRefused && 'The token may not read it'}
        {!isRefused && !estimate && !isTried && isOptIn && `Needs the permission ${quoted(permissions)}`}
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

/** `“Read tickets” and “Read admins”` */
function quoted(permissions: readonly string[]): string {
  return permissions.map((permission) => `“${permission}”`).join(' and ')
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
