import { useState } from 'preact/hooks'
import { curlLine } from '../api/curl.ts'
import { session } from '../api/session.ts'
import type { Job } from '../api/types.ts'
import { CopyAsCurl, CurlLine } from '../elements/copy-as-curl.tsx'
import { Dialog } from '../elements/dialog.tsx'
import { serviceRoot } from '../routing/service-root.ts'
import { formatBytes } from '../words/figures.ts'

/**
 * The log of a sync as a file. Without API keys that is a link, and the browser writes to disk as they come. A key
 * stands in a header, which no link can have: then curl does it.
 */
export function Download({ job }: { job: Job }) {
  const [isOpen, setOpen] = useState(false)
  const { jobId, bytesSynced, messageCount } = job
  if (messageCount === 0) return null
  const file = `job-${jobId}.ndjson`
  const path = `v1/jobs/${jobId}/messages?follow=false`
  if (session.apiKey === undefined) {
    return (
      <a class="button" href={new URL(path, serviceRoot).href} download={file}>
        Download
      </a>
    )
  }
  const call = { path, accept: 'application/x-ndjson', output: file }
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Download
      </button>
      {isOpen && (
        <Dialog title="Download the log" onClose={() => setOpen(false)}>
          <p>
            {formatBytes(bytesSynced)} of NDJSON: all rows and what was logged. The API key travels in a header, which a
            browser's download cannot have. This line does it, with your key in <code>API_KEY</code>:
          </p>
          <CurlLine line={curlLine(call)} />
          <div class="actions">
            <CopyAsCurl call={call} />
            <button type="button" onClick={() => setOpen(false)}>
              Close
            </button>
          </div>
        </Dialog>
      )}
    </>
  )
}
