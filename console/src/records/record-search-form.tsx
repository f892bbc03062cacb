import { useId, useState } from 'preact/hooks'
import { goTo } from '../routing/navigation.tsx'

interface RecordSearchFormProps {
  jobId: number
  stream: string
  /** Further streams that have rows. */
  others: readonly string[]
  /** The members of the key of the stream's rows; none until they are known. */
  members: readonly string[]
  /** Gets the values of the members; none for all rows. */
  onSearch: (key: string[]) => void
}

/** Which stream, and which row of it: one field for each member of its key. */
export function RecordSearchForm({ jobId, stream, others, members, onSearch }: RecordSearchFormProps) {
  const [typed, setTyped] = useState<Record<string, string>>({})
  const formId = useId()
  const key = members.map((member) => (typed[member] ?? '').trim())
  const isEmpty = key.every((value) => value === '')
  return (
    <form
      class="search"
      onSubmit={(event) => {
        event.preventDefault()
        onSearch(isEmpty ? [] : key)
      }}
    >
      {others.length > 0 && (
        <select
          aria-label="Stream"
          value={stream}
          onChange={({ currentTarget }) => goTo({ page: 'records', jobId, stream: currentTarget.value })}
        >
          {[stream, ...others].map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
      {members.map((member) => (
        <span key={member} class="key-member">
          <label for={`${formId}-${member}`}>{member === 'id' && members.length === 1 ? 'Id' : member}</label>
          <input
            id={`${formId}-${member}`}
            type="search"
            size={members.length === 1 ? 28 : 16}
            value={typed[member] ?? ''}
            // A key is sought by all of its members.
            required={!isEmpty}
            spellcheck={false}
            onInput={({ currentTarget }) => setTyped({ ...typed, [member]: currentTarget.value })}
          />
        </span>
      ))}
      <button type="submit">Search</button>
    </form>
  )
}

/** A key as the service takes it; empty for all rows. */
export function idOf(key: readonly string[]): string {
  return key.length > 1 ? JSON.stringify(key) : (key[0] ?? '')
}
