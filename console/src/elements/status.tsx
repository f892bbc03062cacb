import type { Look, StatusWords } from '../words/statuses.ts'

const shapes: Record<Look, string> = {
  done: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM4.8 8.2l2.2 2.2 4.2-4.6',
  failed: 'M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3zM5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6',
  running: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM8 5v6M5 8h6',
  waiting: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM8 4.5V8l2.4 1.6',
  attention: 'M8 1.8l6.6 11.9H1.4zM8 6v3.6M8 11.4v.6',
  stopped: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM4 12L12 4',
  idle: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z',
}

/** A status by shape, word and colour. */
export function Status({ look, word }: StatusWords) {
  return (
    <span class={`status look-${look}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        {look === 'running' ? (
          <>
            <circle cx="8" cy="8" r="6.5" />
            <path class="filled" d="M8 1.5a6.5 6.5 0 0 1 0 13z" />
          </>
        ) : (
          <path d={shapes[look]} />
        )}
      </svg>
      {word}
    </span>
  )
}
