import { useState } from 'preact/hooks'
import { type CurlCall, curlLine } from '../api/curl.ts'

/** The line itself, to be selected as a whole. It takes the focus, so that the arrow keys can move it. */
export function CurlLine({ line }: { line: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <pre class="curl-line" tabIndex={0}>
      {line}
    </pre>
  )
}

/** Everything on a page can be done by curl; this says how. @param of what the call does, where there are several */
export function CopyAsCurl({ call, of }: { call: CurlCall; of?: string }) {
  const [said, setSaid] = useState<string>()
  const copy = async () => {
    const line = curlLine(call)
    // A browser lets a page write to the clipboard only over TLS or from this machine.
    const isCopied = await navigator.clipboard?.writeText(line).then(
      () => true,
      () => false,
    )
    setSaid(isCopied ? undefined : line)
    if (isCopied) setSaid('')
  }
  return (
    <span class="curl">
      <button
        type="button"
        class="quiet small"
        {...(of !== undefined && { 'aria-label': `${said === '' ? 'Copied' : 'Copy as curl'}: ${of}` })}
        onClick={copy}
      >
        {said === '' ? 'Copied' : 'Copy as curl'}
      </button>
      {said !== undefined && said !== '' && <CurlLine line={said} />}
      <span class="unseen" role="status">
        {said === '' ? 'Copied' : ''}
      </span>
    </span>
  )
}

/** The calls behind the buttons of a page. @param calls by what they do */
export function CurlMenu({ calls }: { calls: Readonly<Record<string, CurlCall>> }) {
  return (
    <details class="curl-menu">
      <summary>By curl</summary>
      <ul class="plain">
        {Object.entries(calls).map(([does, call]) => (
          <li key={does} class="call">
            <span>{does}</span>
            <CopyAsCurl call={call} of={does} />
          </li>
        ))}
      </ul>
    </details>
  )
}
