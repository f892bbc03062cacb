import { useId } from 'preact/hooks'
import type { Draft } from './draft.ts'

const choices: Record<Draft['ack'], { label: string; hint: string }> = {
  client: {
    label: 'Wait until a program of mine has acknowledged the last rows',
    hint: 'No change is ever skipped. Without such a program only the first sync runs by itself.',
  },
  on_success: {
    label: 'Do not wait',
    hint: 'A successful sync counts as acknowledged, whether or not anybody has fetched its rows.',
  },
}

/** What has to have become of the rows of one sync before the next one goes on behind them. */
export function AckFields({ ack, onChange }: { ack: Draft['ack']; onChange: (ack: Draft['ack']) => void }) {
  const name = useId()
  return (
    <fieldset>
      <legend>Before the next scheduled sync</legend>
      <p class="hint">
        Rows stay here, in the log of each sync: a program fetches them over HTTP, or you download them. Nothing is
        written into a database by itself.
      </p>
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
