import { useEffect, useState } from 'preact/hooks'
import { api, resultOf } from '../api/client.ts'
import type { SignIn } from '../api/types.ts'
import { useAction } from '../api/use-action.ts'
import { useResource } from '../api/use-resource.ts'
import { Notice, Problem } from '../elements/notice.tsx'
import type { Region } from './draft.ts'

const pollMs = 1000

interface SignInProps {
  connectionId: string
  region: Region
  /** Whether it makes the source, paused: it begins nothing by itself before its streams are chosen. */
  isNew?: boolean
  label: string
  /** @returns whether the flow may begin */
  mayBegin?: () => Promise<boolean>
  onConnected: () => void
}

/** Signing in at Intercom, in another tab; this page waits until it is over. */
export function SignInAtIntercom({ connectionId, region, isNew = false, label, mayBegin, onConnected }: SignInProps) {
  const [flow, setFlow] = useState<{ flowId: string; authorizeUrl: string }>()
  const begin = useAction(async () => {
    setFlow(undefined)
    // A browser lets a page open a tab only at once after a click.
    const tab = window.open('', '_blank')
    try {
      if (mayBegin && !(await mayBegin())) {
        tab?.close()
        return
      }
      const body = { connectionId, region, ...(isNew && { connection: { paused: true } }) }
      const begun = await resultOf(api.POST('/v1/oauth/flows', { body, credentials: 'same-origin' }))
      setFlow(begun)
      if (tab) tab.location.href = begun.authorizeUrl
    } catch (thrown) {
      tab?.close()
      throw thrown
    }
  })
  return (
    <div>
      <button type="button" onClick={() => void begin.run()} disabled={begin.isRunning}>
        {label}
      </button>
      {begin.problem && <Problem problem={begin.problem} />}
      {flow && <Waiting key={flow.flowId} flow={flow} onConnected={onConnected} />}
    </div>
  )
}

interface WaitingProps {
  flow: { flowId: string; authorizeUrl: string }
  onConnected: () => void
}

function Waiting({ flow: { flowId, authorizeUrl }, onConnected }: WaitingProps) {
  const { data, problem } = useResource(
    `sign-in ${flowId}`,
    (signal) => resultOf(api.GET('/v1/oauth/flows/{flowId}', { params: { path: { flowId } }, signal })),
    ({ status }) => (isOpen(status) ? pollMs : undefined),
    { whileHidden: true },
  )
  const status = data?.status ?? 'pending'
  useEffect(() => {
    if (status === 'connected') onConnected()
  }, [status])
  if (problem) return <Problem problem={problem} />
  if (status === 'pending') {
    return (
      <Notice tone="plain" title="Waiting for you at Intercom">
        <p>
          Allow access in the other tab. If none has opened,{' '}
          <a href={authorizeUrl} target="_blank" rel="noreferrer">
            open Intercom
          </a>
          .
        </p>
      </Notice>
    )
  }
  if (status === 'consented') return <Confirm flowId={flowId} />
  if (status === 'connected') {
    return (
      <Notice tone={data?.problem ? 'attention' : 'plain'} title="Signed in">
        {data?.problem && <p>{data.problem.detail}</p>}
      </Notice>
    )
  }
  return (
    <Notice tone="problem" title={endings[status]}>
      {data?.problem && <p>{data.problem.detail}</p>}
    </Notice>
  )
}

const endings: Record<Exclude<SignIn['status'], 'pending' | 'consented' | 'connected'>, string> = {
  denied: 'Access was not allowed',
  expired: 'That took longer than ten minutes',
  failed: 'Signing in did not work',
}

function isOpen(status: SignIn['status']): boolean {
  return status === 'pending' || status === 'consented'
}

/** Consent was given in a browser that did not begin this: it shows a code there. */
function Confirm({ flowId }: { flowId: string }) {
  const [code, setCode] = useState('')
  const confirm = useAction(async () => {
    const params = { path: { flowId } }
    await resultOf(api.POST('/v1/oauth/flows/{flowId}/confirm', { params, body: { confirmationCode: code.trim() } }))
  })
  return (
    <Notice tone="plain" title="Type the code that the other browser shows">
      <p>Take a code only from somebody whose workspace you want to read.</p>
      <label>
        Confirmation code
        <input value={code} autocomplete="off" onInput={({ currentTarget }) => setCode(currentTarget.value)} />
      </label>
      {confirm.problem && <Problem problem={confirm.problem} />}
      <button type="button" disabled={confirm.isRunning || code.trim() === ''} onClick={() => void confirm.run()}>
        Confirm
      </button>
    </Notice>
  )
}
