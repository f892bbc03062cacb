import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'

interface DialogProps {
  title: string
  onClose: () => void
  children: ComponentChildren
}

/** A question in front of the page. The browser's own dialog keeps the focus inside, and closes by Escape. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const { current } = dialog
    if (!current?.open) current?.showModal()
  }, [])
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  )
}

interface ConfirmByNameProps {
  title: string
  /** What has to be typed. */
  name: string
  /** What the button says. */
  verb: string
  isRunning: boolean
  onConfirm: () => void
  onClose: () => void
  children: ComponentChildren
}

/** Asks for the name of what is about to be lost. */
export function ConfirmByName(props: ConfirmByNameProps) {
  const { title, name, verb, isRunning, onConfirm, onClose, children } = props
  const [typed, setTyped] = useState('')
  const fieldId = useId()
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (typed === name) onConfirm()
        }}
      >
        {children}
        <label for={fieldId}>
          Type <b>{name}</b> to confirm
        </label>
        <input
          id={fieldId}
          value={typed}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <div class="actions">
          <button type="button" class="quiet" onClick={onClose}>
            Keep it
          </button>
          <button type="submit" class="danger" disabled={typed !== name || isRunning}>
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
