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
import { StepHeading, Steps, stepNames } from './steps.tsx'
import { store } from './store.ts'
import { choiceAmong, loadStreams, streamList, usualChoice } from './streams.ts'
import { StreamsStep } from './streams-step.tsx'
import { useStep } from './use-step.ts'
import { WorkspaceStep } from './workspace-step.tsx'

const title = 'Add a source'

/** A new source in three steps. What was filled in stays in the tab until the source is set up; the token does not. */
export function SetupPage() {
  const [draft, setDraft] = useState(readDraft)
  const [token, setToken] = useState('')
  const [webhook, setWebhook] = useState(newWebhook)
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
  const reached = Object.keys(chosen).length > 0 ? 2 : 1
  const [step, go] = useStep(check?.isGood ? reached : 0)

  const setUp = useAction(async () => {
    const connectionId = draft.signedInAs ?? draft.name
    await store(connectionId, draft, { token, streams: streamList(chosen), webhook })
    forgetDraft()
    const { jobId } = await startSync(connectionId)
    goTo({ page: 'job', jobId }, { replaces: true })
  })

  return (
    <>
      <PageTitle title={step === 0 ? title : `${stepNames[step]} · ${title}`}>{title}</PageTitle>
      <Steps at={step} onGo={go} />
      <StepHeading at={step} />
      {step === 0 && (
        <WorkspaceStep
          {...{ draft, change, token, check }}
          isChanged={checked !== undefined && check === undefined}
          onToken={setToken}
          onCheck={(result) => {
            setChecked({ subject, result })
            return latestSubject.current === subject
          }}
          onNext={() => go(1)}
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
          onBack={() => go(0)}
          onNext={() => go(2)}
        />
      )}
      {step === 2 && (
        <ScheduleStep
          {...{ draft, change, webhook }}
          onWebhook={setWebhook}
          isRunning={setUp.isRunning}
          onBack={() => go(1)}
          onSetUp={() => void setUp.run()}
        />
      )}
      {setUp.problem && <Problem problem={setUp.problem} />}
    </>
  )
}
