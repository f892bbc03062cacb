import type { RecordVersion } from '../record-version.ts'

/** A call with its transcript, as `POST /calls/search` gives it. */
export function transcriptText(call: RecordVersion, version: string): string {
  const { index } = call.plan
  const hasNone = index % 5 === 2
  const transcript = hasNone ? [] : [{ speaker: 'Teammate 1', text: `Hello &amp; thanks ${index}`, start: 3.25 }]
  const added = { transcript, transcript_status: hasNone ? null : 'completed' }
  return `${call.textIn(version).toString().slice(0, -1)},${JSON.stringify(added).slice(1)}`
}
