import { useEffect, useRef } from 'preact/hooks'

export const stepNames = ['Workspace', 'Streams', 'Schedule']

/** Where one is. Steps that were made can be gone back to. */
export function Steps({ at, onGo }: { at: number; onGo: (step: number) => void }) {
  return (
    <ol class="steps" aria-label="Steps">
      {stepNames.map((name, step) => (
        <li key={name} {...(step === at && { 'aria-current': 'step' as const })}>
          {step < at ? (
            <button type="button" class="quiet small" onClick={() => onGo(step)}>
              {step + 1}. {name}
            </button>
          ) : (
            <span>
              {step + 1}. {name}
            </span>
          )}
        </li>
      ))}
    </ol>
  )
}

/** The heading of a step. It takes the focus when one comes from another step: what had it before is gone. */
export function StepHeading({ at }: { at: number }) {
  const heading = useRef<HTMLHeadingElement>(null)
  const last = useRef(at)
  useEffect(() => {
    if (last.current !== at) heading.current?.focus({ preventScroll: true })
    last.current = at
  }, [at])
  return (
    <h2 ref={heading} class="step" tabIndex={-1}>
      {stepNames[at]}
    </h2>
  )
}
