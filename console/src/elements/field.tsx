import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

interface FieldProps {
  label: string
  hint?: ComponentChildren
  fault?: string | undefined
  /** Gets the attributes that tie the control to its label, hint and fault. */
  children: (attributes: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ComponentChildren
}

/** A control with its label, what to put there, and what is wrong with what is there. */
export function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId()
  const noteId = `${id}-note`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': noteId, 'aria-invalid': fault !== undefined })}
      <p id={noteId} class={fault === undefined ? 'hint' : 'hint fault'}>
        {fault ?? hint}
      </p>
    </div>
  )
}
