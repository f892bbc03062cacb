const names = ['Workspace', 'Streams', 'Schedule']

/** Where one is. Steps that were made can be gone back to. */
export function Steps({ at, onGo }: { at: number; onGo: (step: number) => void }) {
  return (
    <ol class="steps" aria-label="Steps">
      {names.map((name, step) => (
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
