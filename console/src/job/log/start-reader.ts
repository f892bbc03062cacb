import type { LogOrder, LogReport } from './log-messages.ts'
import readerUrl from './log-reader.worker.ts?worker&url'

interface ScriptUrlPolicy {
  createScriptURL(url: string): string
}

/** The page's security policy lets a script begin only at an address that this policy has let through: one. */
const policy = (
  window as { trustedTypes?: { createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy } }
).trustedTypes?.createPolicy('console', {
  createScriptURL(url) {
    if (url !== readerUrl) throw new TypeError('no script of ours')
    return url
  },
})

/** Starts the reader of a job's log. @returns ends it */
export function startReader(order: LogOrder, onReport: (report: LogReport) => void): () => void {
  const reader = new Worker(policy?.createScriptURL(readerUrl) ?? readerUrl, { type: 'module' })
  reader.addEventListener('message', ({ data }: MessageEvent<LogReport>) => onReport(data))
  reader.postMessage(order)
  return () => reader.terminate()
}
