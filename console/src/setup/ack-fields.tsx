import { useId } from 'preact/hooks'
import type { Draft } from './draft.ts'

const choices: Record<Draft['ack'], { label: string; hint: string }> = {
  client: {
    label: 'A program of ours takes the rows',
    hint: 'The next scheduled sync waits until it has acknowledged them, so nothing is lost.',
  },
  on_success: {
    label: 'A sync that succeeds counts as taken',
    hint: 'The next sync brings only what has changed since, whether or not anybody has read the rows.',
  },
}

/** Who takes what a sync brings. */
export function AckFields({ ack, onChange }: { ack: Draft['ack']; onChange: (ack: Draft['ack']) => void }) {
  const name = useId()
  return (
    <fieldset>
      <legend>Who takes the rows</legend>
      {Object.entries(choices).map(([choice, { label, hint }]) => (
        <label key={choice} class="choice">
          <input type="radio" name={name} checked={ack === choice} onChange={() => onChange(choice as Draft['ack'])} />
          <span>
            {label}
            <span class="hint">{hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
