import { Notice } from '../elements/notice.tsx'
import { formatCount, formatNoun } from '../words/figures.ts'
import { type CheckResult, refusedStreams, type UnreadableStream } from './check.ts'

interface CheckVerdictProps {
  check: CheckResult
  /** The streams that are read unless somebody chooses otherwise; undefined until they are known. */
  usual: ReadonlySet<string> | undefined
}

/** What Intercom says about the token, what it may not read, and what to do about that. */
export function CheckVerdict({ check, usual }: CheckVerdictProps) {
  const { isGood, message, workspace, unreadable } = check
  if (!isGood) {
    return (
      <Notice tone="problem" title="This does not work yet">
        <p>{message}</p>
      </Notice>
    )
  }
  const lacking = refusedStreams(check)
  const lacksUsual = [...lacking].some((name) => usual?.has(name))
  return (
    <Notice
      tone={lacksUsual ? 'attention' : 'good'}
      title={lacksUsual ? 'It works, but not for every stream' : 'It works'}
    >
      {workspace && <p>{workspaceWords(workspace)}</p>}
      {lacking.size === 0 ? (
        <p>All streams can be read.</p>
      ) : lacksUsual ? (
        <Lacks unreadable={unreadable} />
      ) : (
        <details>
          <summary>
            {formatNoun(lacking.size, 'stream')} that {lacking.size === 1 ? 'is' : 'are'} not ticked from the start
            cannot be read
          </summary>
          <Lacks unreadable={unreadable} />
        </details>
      )}
    </Notice>
  )
}

/** One line for each thing to do. */
function Lacks({ unreadable }: { unreadable: readonly UnreadableStream[] }) {
  return (
    <ul class="plain lacks">
      {[...new Set(unreadable.map(({ fix, detail }) => `${fix} (${detail})`))].map((line) => {
        const those = unreadable.filter(({ fix, detail }) => `${fix} (${detail})` === line)
        return (
          <li key={line}>
            <b>{those.map(({ streamName }) => streamName).join(', ')}</b>: {reasonWords(those[0])}.{' '}
            <span class="muted">Intercom answered {those[0]?.detail}.</span> {those[0]?.fix}
          </li>
        )
      })}
    </ul>
  )
}

function reasonWords({ reason, permission }: Pick<UnreadableStream, 'reason' | 'permission'> = { reason: 'refused' }) {
  if (reason === 'permission') return `the token lacks the permission “${permission}”`
  return reason === 'absent' ? 'the workspace does not have it' : 'Intercom refuses it'
}

function workspaceWords(workspace: NonNullable<CheckResult['workspace']>): string {
  const { workspaceId, region = 'unknown', timeZone = 'unknown', apiVersion, rateLimit } = workspace
  const name = workspaceId ?? '(unknown: the token may not read /me)'
  const limit = rateLimit === undefined ? 'unknown' : `${formatCount(rateLimit)} requests per 10 s`
  return `Connected to workspace ${name}: region ${region}, time zone ${timeZone}, API version ${apiVersion}, rate limit ${limit}.`
}
