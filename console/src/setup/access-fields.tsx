import { Field } from '../elements/field.tsx'
import { Notice } from '../elements/notice.tsx'
import type { Draft } from './draft.ts'
import { SignInAtIntercom } from './sign-in-at-intercom.tsx'

interface AccessFieldsProps {
  draft: Draft
  token: string
  fault: string | undefined
  onToken: (token: string) => void
  mayBegin: () => Promise<boolean>
  onConnected: () => void
  onStartAnew: () => void
}

/** How the service gets at the workspace: by signing in at Intercom, or by a token. */
export function AccessFields({ draft, token, fault, onToken, mayBegin, onConnected, onStartAnew }: AccessFieldsProps) {
  if (draft.signedInAs !== undefined) {
    return (
      <Notice tone="plain" title="Access granted">
        <p>
          You have signed in at Intercom. The source “{draft.signedInAs}” is there, and paused until you have set it up.
        </p>
        <button type="button" class="quiet small" onClick={onStartAnew}>
          Leave it, and describe another source
        </button>
      </Notice>
    )
  }
  return (
    <fieldset>
      <legend>Access to the workspace</legend>
      <SignInAtIntercom
        connectionId={draft.name}
        region={draft.region}
        isNew
        label="Authenticate your Intercom account"
        {...{ mayBegin, onConnected }}
      />
      <p class="or muted">or</p>
      <Field
        label="Access token"
        hint="Intercom's Developer Hub, your app, Configure, Authentication. The service keeps it encrypted; this page forgets it."
        fault={fault}
      >
        {(attributes) => (
          <input
            {...attributes}
            type="password"
            value={token}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => onToken(currentTarget.value)}
          />
        )}
      </Field>
    </fieldset>
  )
}
