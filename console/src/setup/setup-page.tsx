import { useRef, useState } from 'preact/hooks'
import { startSync } from '../api/start-job.ts'
import { useAction } from '../api/use-action.ts'
import { useResource } from '../api/use-resource.ts'
import { Problem } from '../elements/notice.tsx'
import { PageTitle } from '../elements/page-title.tsx'
import { useGoTo } from '../routing/navigation.tsx'
import { newWebhook } from '../webhooks/webhook.ts'
import { type Checked, refusedStreams } from './check.ts'
import { accessOf, type Draft } from './draft.ts'
import { forgetDraft, keepDraft, readDraft } from './kept-draft.ts'
import { ScheduleStep } from './schedule-step.tsx'
import { Steps } from './steps.tsx'
import { store } from './store.ts'
import { choiceAmong, loadStreams, streamList, usualChoice } from './streams.ts'
import { StreamsStep } from './streams-step.tsx'
import { WorkspaceStep } from './workspace-step.tsx'

/** A new source in three steps. What was filled in stays in the tab until the source is set up; the token does not. */
export function SetupPage() {
  const [draft, setDraft] = useState(readDraft)
  const [token, setToken] = useState('')
  const [webhook, setWebhook] = useState(newWebhook)
  const [step, setStep] = useState(0)
  const [checked, setChecked] = useState<Checked>()
  const goTo = useGoTo()
  const known = useResource('streams', loadStreams)
  const change = (part: Partial<Draft>) => {
    const changed = { ...draft, ...part }
    setDraft(changed)
    keepDraft(changed)
  }
  const subject = JSON.stringify(accessOf(draft, token))
  const latestSubject = useRef(subject)
  latestSubject.current = subject
  // A verdict is about what was tested. Of anything else it says nothing.
  const check = checked?.subject === subject ? checked.result : undefined
  const names = new Set(known.data?.map(({ name }) => name))
  const refused = refusedStreams(check, names)
  const chosen = known.data ? choiceAmong(known.data, draft.streams ?? usualChoice(known.data, refused)) : {}

  const setUp = useAction(async () => {
    const connectionId = draft.signedInAs ?? draft.name
    await store(connectionId, draft, { token, streams: streamList(chosen), webhook })
    forgetDraft()
    const { jobId } = await startSync(connectionId)
    goTo({ page: 'job', jobId }, { replaces: true })
  })

  return (
    <>
      <PageTitle title="Add a source" />
      <Steps at={step} onGo={setStep} />
      {step === 0 && (
        <WorkspaceStep
          {...{ draft, change, token, check }}
          isChanged={checked !== undefined && check === undefined}
          onToken={setToken}
          onCheck={(result) => {
            setChecked({ subject, result })
            return latestSubject.current === subject
          }}
          onNext={() => setStep(1)}
          onStartAnew={() => {
            forgetDraft()
            setDraft(readDraft())
            setChecked(undefined)
          }}
        />
      )}
      {step === 1 && (
        <StreamsStep
          {...{ known, chosen, refused }}
          access={accessOf(draft, token)}
          onChoose={(streams) => change({ streams })}
          onBack={() => setStep(0)}
          onNext={() => setStep(2)}
        />
      )}
      {step === 2 && (
        <ScheduleStep
          {...{ draft, change, webhook }}
          onWebhook={setWebhook}
          isRunning={setUp.isRunning}
          onBack={() => setStep(1)}
          onSetUp={() => void setUp.run()}
        />
      )}
      {setUp.problem && <Problem problem={setUp.problem} />}
    </>
  )
}
