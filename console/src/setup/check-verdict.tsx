import { Notice } from '../elements/notice.tsx'
import { type CheckResult, sentencesOf } from './check.ts'

/** What Intercom says about the token, one thing to a line. */
export function CheckVerdict({ check: { isGood, message } }: { check: CheckResult }) {
  const lacksSomething = isGood && /Not all streams can be read/.test(message)
  const title = !isGood ? 'This does not work yet' : lacksSomething ? 'It works, but not for every stream' : 'It works'
  return (
    <Notice tone={!isGood ? 'problem' : lacksSomething ? 'attention' : 'good'} title={title}>
      <ul class="plain">
        {sentencesOf(message).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
        {isGood && <li>Streams that are not ticked from the start were not tried.</li>}
      </ul>
    </Notice>
  )
}
