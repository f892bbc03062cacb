import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { CallError } from '../api/problem.ts'
import { errorsPage, type FixOf, loadFixes } from '../words/fixes.ts'

interface NoticeProps {
  tone: 'problem' | 'attention' | 'good' | 'plain'
  title: string
  children?: ComponentChildren
}

/** Something that the reader should know before the rest. */
export function Notice({ tone, title, children }: NoticeProps) {
  return (
    <div class={`notice tone-${tone}`} role={tone === 'problem' ? 'alert' : 'status'}>
      <strong>{title}</strong>
      {children}
    </div>
  )
}

/** Why a call has brought nothing, and what to do about it. */
export function Problem({ problem, again }: { problem: CallError; again?: () => void }) {
  return (
    <Notice tone={problem.mayPass ? 'attention' : 'problem'} title={problem.title}>
      {/* The detail of a bad request is the list of its faults. */}
      {problem.message !== problem.title && problem.faults.length === 0 && <p>{problem.message}</p>}
      {problem.isRetried && <p>This page tries again by itself.</p>}
      {!problem.isRetried && problem.status === 0 && <p>Do it again as soon as the service answers.</p>}
      {problem.faults.length > 0 && (
        <ul>
          {problem.faults.map(({ pointer, detail }) => (
            <li key={pointer}>
              <code>{pointer}</code> {detail}
            </li>
          ))}
        </ul>
      )}
      <Fix code={problem.code} />
      {again && (
        <button type="button" class="small" onClick={again}>
          Try again
        </button>
      )}
    </Notice>
  )
}

/** What to do about an error, from the page that explains all of them. Nothing for a code that it does not have. */
export function Fix({ code }: { code: string }) {
  const [fixOf, setFixOf] = useState<FixOf>()
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    void loadFixes().then((loaded) => setFixOf(() => loaded))
  }, [])
  const fix = fixOf?.(code)
  return (
    <div class="fix">
      {fix !== undefined && (
        <>
          <p>
            <b>What to do:</b> {fix.fix}
          </p>
          <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
            <summary>
              When <code>{code}</code> occurs
            </summary>
            {isOpen && <p>{fix.when}</p>}
          </details>
        </>
      )}
      <a href={errorsPage} target="_blank" rel="noreferrer">
        All errors, on GitHub ↗
      </a>
    </div>
  )
}

/** Shown until the first answer has come; it does not move. */
export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      Loading {what} …
    </p>
  )
}
