import { useEffect, useId, useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import { session } from '../api/session.ts'
import { useAction } from '../api/use-action.ts'
import { Notice, Problem } from '../elements/notice.tsx'
import { PageTitle } from '../elements/page-title.tsx'

/** Asks for an API key of the service. It stays in this tab, and never stands in an address. */
export function SignIn() {
  const [key, setKey] = useState('')
  const [fault, setFault] = useState<string>()
  const fieldId = useId()
  const signIn = useAction(async () => {
    setFault(undefined)
    const given = key.trim()
    if (!/^[\x21-\x7e]+$/.test(given)) {
      setFault(given === '' ? 'Paste an API key.' : 'An API key has no spaces and no special characters.')
      return
    }
    await resultOf(
      api.GET('/v1/connections', {
        params: { query: { limit: 1 } },
        headers: { Authorization: `Bearer ${given}` },
      }),
    )
    session.signIn(given)
  })
  useEffect(() => document.getElementById(fieldId)?.focus(), [fieldId])
  const isWrong = signIn.problem?.code === 'unauthorized'
  return (
    <section class="sign-in">
      <PageTitle title="Sign in" />
      <p>
        This service asks for an API key. Whoever runs it has set one, as API_KEYS or in a file. It stays in this tab
        until you close it: a new tab asks again.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void signIn.run()
        }}
      >
        <label for={fieldId}>API key</label>
        <input
          id={fieldId}
          type="password"
          value={key}
          autocomplete="off"
          spellcheck={false}
          aria-invalid={isWrong || fault !== undefined}
          onInput={({ currentTarget }) => setKey(currentTarget.value)}
        />
        {fault !== undefined && <Notice tone="problem" title={fault} />}
        {isWrong && (
          <Notice tone="problem" title="The service does not know this key">
            <p>Look whether it was copied whole. It may also have been replaced since.</p>
          </Notice>
        )}
        {signIn.problem && !isWrong && <Problem problem={signIn.problem} />}
        <div class="actions">
          <button type="submit" class="main" disabled={signIn.isRunning}>
            Sign in
          </button>
        </div>
      </form>
    </section>
  )
}
