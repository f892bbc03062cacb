import { useEffect, useRef, useState } from 'preact/hooks'
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
import { setUpCalls, store } from './store.ts'
import { choiceAmong, loadStreams, streamList, usualChoice } from './streams.ts'
import { StreamsStep } from './streams-step.tsx'
import { useStep } from './use-step.ts'
import { WorkspaceStep } from './workspace-step.tsx'

const title = 'Add a source'

/** A new source in three steps. What was filled in stays in the tab until the source is set up; the token does not. */
export function SetupPage() {
  const [draft, setDraft] = useState(readDraft)
  const [token, setToken] = useState('')
  // Where one was before the page was loaded anew: there it goes on as soon as the access is tested.
  const [resumed, setResumed] = useState(draft.step)
  const [{ secret }] = useState(newWebhook)
  const webhook = { ...draft.webhook, secret }
  const [checked, setChecked] = useState<Checked>()
  const goTo = useGoTo()
  const known = useResource('streams', (signal) => loadStreams(signal))
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
  const refused = refusedStreams(check)
  const chosen = known.data ? choiceAmong(known.data, draft.streams ?? usualChoice(known.data, refused)) : {}
  const reached = Object.keys(chosen).length > 0 ? 2 : 1
  const [step, go] = useStep(check?.isGood ? reached : 0)

  const goOn = () => {
    go(Math.max(1, resumed))
    setResumed(0)
  }
  useEffect(() => {
    if (step > 0 && step !== draft.step) change({ step })
  }, [step])
  // Who has signed in has nothing to fill in there.
  const isResumable = resumed > 0 && draft.signedInAs !== undefined && check?.isGood === true && reached > 1
  useEffect(() => {
    if (isResumable) goOn()
  }, [isResumable])

  const connectionId = draft.signedInAs ?? draft.name
  const described = { draft, token, streams: streamList(chosen), webhook }
  const setUp = useAction(async () => {
    await store(connectionId, described)
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
          usual={known.data && new Set(known.data.flatMap(({ name, isOptIn }) => (isOptIn ? [] : name)))}
          resumed={draft.signedInAs === undefined ? stepNames.slice(1)[resumed - 1] : undefined}
          isChanged={checked !== undefined && check === undefined}
          onToken={setToken}
          onCheck={(result) => {
            setChecked({ subject, result })
            return latestSubject.current === subject
          }}
          onNext={goOn}
          onStartAnew={() => {
            forgetDraft()
            setDraft(readDraft())
            setChecked(undefined)
            setResumed(0)
          }}
        />
      )}
      {step === 1 && (
        <StreamsStep
          {...{ known, chosen, refused }}
          access={accessOf(draft, token)}
          onChoose={(streams) => change({ streams })}
          onBack={() => {
            change({ step: 0 })
            go(0)
          }}
          onNext={() => go(2)}
        />
      )}
      {step === 2 && (
        <ScheduleStep
          {...{ draft, change, webhook }}
          onWebhook={({ url, isSlack }) => change({ webhook: { url, isSlack } })}
          calls={setUpCalls(connectionId, described)}
          isRunning={setUp.isRunning}
          onBack={() => go(1)}
          onSetUp={() => void setUp.run()}
        />
      )}
      {setUp.problem && <Problem problem={setUp.problem} />}
    </>
  )
}
