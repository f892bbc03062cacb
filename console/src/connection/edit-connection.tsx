import { useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import { shellSecrets } from '../api/curl.ts'
import type { ApiVersion, Connection } from '../api/types.ts'
import { useAction } from '../api/use-action.ts'
import { useResource } from '../api/use-resource.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { Field } from '../elements/field.tsx'
import { Loading, Problem } from '../elements/notice.tsx'
import { AckFields } from '../setup/ack-fields.tsx'
import { regionOf, type SyncMode } from '../setup/draft.ts'
import { ScheduleFields, scheduleFault } from '../setup/schedule-fields.tsx'
import { SignInAtIntercom } from '../setup/sign-in-at-intercom.tsx'
import { StreamPicker } from '../setup/stream-picker.tsx'
import { loadStreams, streamList } from '../setup/streams.ts'
import { everyStream, everyWords, streamsOf } from './configured-streams.ts'

interface EditConnectionProps {
  connection: Connection
  onClose: (isChanged: boolean) => void
}

const noStreams: ReadonlySet<string> = new Set()

/** Changes a source. A token that is left empty stays as it is. */
export function EditConnection({ connection, onClose }: EditConnectionProps) {
  const { connectionId, config = {} } = connection
  const { api_version: apiVersion } = config as { api_version?: ApiVersion }
  const known = useResource('streams', (signal) => loadStreams(signal, apiVersion))
  const [token, setToken] = useState('')
  const [startDate, setStartDate] = useState(dayOf(config.start_date))
  const [schedule, setSchedule] = useState(connection.schedule ?? { type: 'manual' as const })
  const [ack, setAck] = useState(connection.ack ?? 'client')
  const [chosen, setChosen] = useState(() => chosenOf(connection))
  const [everyMode] = useState(chosen[everyStream])
  const changesWith = (accessToken: string) => {
    const changed = {
      ...(startDate !== dayOf(config.start_date) && { start_date: startDate === '' ? null : `${startDate}T00:00:00Z` }),
      ...(token.trim() !== '' && { access_token: accessToken }),
    }
    return { config: changed, streams: streamList(chosen), schedule: { ...schedule }, ack }
  }
  const save = useAction(async () => {
    const body = changesWith(token.trim())
    await resultOf(api.PATCH('/v1/connections/{connectionId}', { params: { path: { connectionId } }, body }))
    onClose(true)
  })
  return (
    <section class="card padded edit" aria-labelledby="edit">
      <h2 id="edit">Edit {connectionId}</h2>
      <SignInAtIntercom
        connectionId={connectionId}
        region={regionOf(connection)}
        label="Sign in again at Intercom"
        onConnected={() => onClose(true)}
      />
      <form
        class="setup wide-form"
        onSubmit={(event) => {
          event.preventDefault()
          void save.run()
        }}
      >
        <div class="field-row">
          <Field label="Access token" hint="Leave it empty to keep the present access, by a token or by signing in.">
            {(attributes) => (
              <input
                {...attributes}
                type="password"
                autocomplete="off"
                spellcheck={false}
                value={token}
                onInput={({ currentTarget }) => setToken(currentTarget.value)}
              />
            )}
          </Field>
          <Field label="Start date" hint="From midnight UTC on. Empty = everything.">
            {(attributes) => (
              <input
                {...attributes}
                type="date"
                value={startDate}
                onInput={({ currentTarget }) => setStartDate(currentTarget.value)}
              />
            )}
          </Field>
        </div>
        <ScheduleFields schedule={schedule} onChange={setSchedule} />
        <AckFields ack={ack} onChange={setAck} />
        {everyMode !== undefined && (
          <label class="choice">
            <input
              type="checkbox"
              checked={Object.hasOwn(chosen, everyStream)}
              onChange={({ currentTarget }) => {
                const { [everyStream]: _, ...named } = chosen
                setChosen(currentTarget.checked ? { [everyStream]: everyMode, ...named } : named)
              }}
            />{' '}
            {everyWords} What is ticked below is read besides, or as it says.
          </label>
        )}
        {known.data ? (
          <StreamPicker streams={known.data} chosen={chosen} refused={noStreams} onChoose={setChosen} />
        ) : (
          <Loading what="streams" />
        )}
        {save.problem && <Problem problem={save.problem} />}
        <div class="actions">
          <button type="button" onClick={() => onClose(false)}>
            Leave it as it was
          </button>
          <button
            type="submit"
            class="main"
            disabled={save.isRunning || Object.keys(chosen).length === 0 || scheduleFault(schedule) !== undefined}
          >
            Save
          </button>
          <span class="spread" />
          <CopyAsCurl
            call={{
              method: 'PATCH',
              path: `v1/connections/${connectionId}`,
              body: changesWith(shellSecrets.token),
            }}
          />
        </div>
      </form>
    </section>
  )
}

function dayOf(time: unknown): string {
  return typeof time === 'string' ? time.slice(0, 10) : ''
}

function chosenOf(connection: Connection): Record<string, SyncMode> {
  const pairs = streamsOf(connection).map(({ name, syncMode }): [string, SyncMode] => [
    name,
    syncMode === 'incremental' ? 'incremental' : 'full_refresh',
  ])
  return Object.fromEntries(pairs)
}
