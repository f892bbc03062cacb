import { useEffect, useState } from 'preact/hooks'
import { api, asCallError, resultOf } from '../api/client.ts'
import { useAction } from '../api/use-action.ts'
import { CopyAsCurl } from '../elements/copy-as-curl.tsx'
import { Field } from '../elements/field.tsx'
import { Notice, Problem } from '../elements/notice.tsx'
import { AccessFields } from './access-fields.tsx'
import { type CheckResult, checkAccess, checkBody } from './check.ts'
import { CheckVerdict } from './check-verdict.tsx'
import { accessOf, type Draft, faultOfName, faultOfToken, type Region, shownAccess } from './draft.ts'

const regions: Record<Region, string> = {
  auto: 'Found automatically',
  us: 'US',
  eu: 'Europe',
  au: 'Australia',
}

interface WorkspaceStepProps {
  draft: Draft
  change: (part: Partial<Draft>) => void
  token: string
  onToken: (token: string) => void
  check: CheckResult | undefined
  /** The streams that are read unless somebody chooses otherwise. */
  usual: ReadonlySet<string> | undefined
  /** The step that was reached before the page was loaded anew. */
  resumed: string | undefined
  /** Whether something was changed since the last test. */
  isChanged: boolean
  /** Keeps a verdict. @returns whether it is still about what stands in the fields */
  onCheck: (check: CheckResult) => boolean
  onNext: () => void
  /** Forgets the draft. */
  onStartAnew: () => void
}

/** Which workspace, since when, and with which token. */
export function WorkspaceStep({
  draft,
  change,
  token,
  onToken,
  check,
  usual,
  resumed,
  isChanged,
  onCheck,
  onNext,
  onStartAnew,
}: WorkspaceStepProps) {
  const [isTold, setTold] = useState(false)
  const [takenName, setTakenName] = useState<string>()
  const nameFault = faultOfName(draft.name) ?? (takenName === draft.name ? whyTaken : undefined)
  const isSignedIn = draft.signedInAs !== undefined
  const tokenFault = isSignedIn ? undefined : faultOfToken(token)

  const isNameFree = async (): Promise<boolean> => {
    if (isSignedIn || !(await isTaken(draft.name))) return true
    setTakenName(draft.name)
    return false
  }

  /** @returns whether the source can be set up as it stands */
  const test = async (): Promise<boolean> => {
    setTold(true)
    if (faultOfName(draft.name) !== undefined || tokenFault !== undefined) return false
    if (!(await isNameFree())) return false
    if (check?.isGood) return true
    const result = await checkAccess(accessOf(draft, token))
    return onCheck(result) && result.isGood
  }
  const testing = useAction(async () => void (await test()))
  const going = useAction(async () => {
    if (await test()) onNext()
  })
  // Who has just signed in sees at once whose workspace it is; after a reload, too.
  useEffect(() => {
    if (isSignedIn && !check) void testing.run()
  }, [isSignedIn])
  const isAsking = testing.isRunning || going.isRunning

  return (
    <form
      class="setup"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void going.run()
      }}
    >
      {resumed !== undefined && (
        <Notice tone="plain" title={`You were at “${resumed}”`}>
          <p>Paste the access token once more, and “Next” leads there. The rest is as you left it.</p>
        </Notice>
      )}
      <Field
        label="Name"
        hint={isSignedIn ? 'Fixed since you signed in.' : 'What it is called here. It cannot be changed later.'}
        fault={isTold ? nameFault : undefined}
      >
        {(attributes) => (
          <input
            {...attributes}
            value={draft.name}
            // Whether it is free was asked of the name that stood here.
            disabled={isSignedIn || isAsking}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => change({ name: currentTarget.value })}
          />
        )}
      </Field>
      <div class="field-row">
        <Field label="Region" hint={isSignedIn ? 'Fixed since you signed in.' : 'Where Intercom keeps the workspace.'}>
          {(attributes) => (
            <select
              {...attributes}
              value={draft.region}
              disabled={isSignedIn}
              onChange={({ currentTarget }) => change({ region: currentTarget.value as Region })}
            >
              {Object.entries(regions).map(([region, label]) => (
                <option key={region} value={region}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Start date" hint="From midnight UTC on. Leave it empty to read everything.">
          {(attributes) => (
            <input
              {...attributes}
              type="date"
              value={draft.startDate}
              onInput={({ currentTarget }) => change({ startDate: currentTarget.value })}
            />
          )}
        </Field>
      </div>
      <AccessFields
        {...{ draft, token, onToken }}
        fault={isTold ? tokenFault : undefined}
        mayBegin={async () => {
          setTold(true)
          return faultOfName(draft.name) === undefined && isNameFree()
        }}
        onConnected={() => change({ signedInAs: draft.name })}
        onStartAnew={onStartAnew}
      />
      <div class="actions">
        <button type="button" onClick={() => void testing.run()} disabled={isAsking}>
          Test connection
        </button>
        <button type="submit" class="main" disabled={isAsking}>
          Next
        </button>
        <span class="spread" />
        <CopyAsCurl call={{ method: 'POST', path: 'v1/check', body: checkBody(shownAccess(accessOf(draft, token))) }} />
      </div>
      {isAsking && (
        <p class="muted" role="status">
          Asking Intercom … a missing permission is asked for twice, ten seconds apart.
        </p>
      )}
      {!isAsking && check && <CheckVerdict check={check} usual={usual} />}
      {!isAsking && isChanged && (
        <p class="muted" role="status">
          Something was changed since the last test. Test it again, or go on: that tests it too.
        </p>
      )}
      {testing.problem && <Problem problem={testing.problem} />}
      {going.problem && <Problem problem={going.problem} />}
    </form>
  )
}

const whyTaken = 'There is a source of this name already. Choose another name, or edit that one.'

/** A new source must not replace another one. */
async function isTaken(connectionId: string): Promise<boolean> {
  try {
    await resultOf(api.GET('/v1/connections/{connectionId}', { params: { path: { connectionId } } }))
    return true
  } catch (thrown) {
    if (asCallError(thrown).code === 'connection_not_found') return false
    throw thrown
  }
}
