import { isRecordLine } from '../../airbyte/messages.ts'
import { isObject } from '../../json-object.ts'
import type { Output } from '../output.ts'

/** What has been printed for a sync, over all the jobs that it took. */
export interface PrintedLog {
  /** How many messages of the present job are printed, which is the offset to continue from. */
  readonly held: number
  /** Streams with a STARTED, and those with a COMPLETE. */
  readonly started: ReadonlySet<string>
  readonly complete: ReadonlySet<string>
  /** The latest `stream_state` of each stream. */
  readonly states: ReadonlyMap<string, Record<string, unknown>>
  readonly errorTraced: boolean
  /** Prints the whole lines received so far, and returns whether there were any; blank lines are signs of life. */
  take(piece: Buffer): Promise<boolean>
  /** The connection broke: the part of a line received so far will come again. */
  dropPart(): void
  /** Another job continues the sync. */
  beginJob(): void
}

const newline = 0x0a

/** @param alreadyHeld messages of the present job that were printed before */
export function createPrintedLog(output: Output, alreadyHeld = 0): PrintedLog {
  const started = new Set<string>()
  const complete = new Set<string>()
  const states = new Map<string, Record<string, unknown>>()
  let held = alreadyHeld
  let errorTraced = false
  /** Pieces of a line that has not ended yet. They are joined only at its end, because there may be thousands. */
  let part: Buffer[] = []

  /** Whether to print a line: a stream that continues in another job has already reported its start. */
  function note(line: Buffer): boolean {
    if (isRecordLine(line)) return true
    const { state, trace } = parse(line)
    if (isObject(state)) noteState(state)
    if (!isObject(trace)) return true
    if (trace.type === 'ERROR') errorTraced = true
    if (!isObject(trace.stream_status)) return true
    const { status } = trace.stream_status
    const name = nameIn(trace.stream_status)
    if (status === 'COMPLETE') complete.add(name)
    if (status !== 'STARTED') return true
    if (started.has(name)) return false
    started.add(name)
    return true
  }

  function noteState({ stream }: Record<string, unknown>): void {
    if (isObject(stream) && isObject(stream.stream_state)) states.set(nameIn(stream), stream.stream_state)
  }

  /** The lines to print, in as few pieces as possible. */
  function choose(lines: Buffer): Buffer[] {
    const chosen: Buffer[] = []
    let from = 0
    for (let at = 0; at < lines.length; ) {
      const end = lines.indexOf(newline, at)
      const isBlank = end === at
      if (!isBlank) held++
      if (isBlank || !note(lines.subarray(at, end))) {
        if (at > from) chosen.push(lines.subarray(from, at))
        from = end + 1
      }
      at = end + 1
    }
    if (from < lines.length) chosen.push(lines.subarray(from))
    return chosen
  }

  return {
    get held() {
      return held
    },
    get errorTraced() {
      return errorTraced
    },
    started,
    complete,
    states,
    async take(piece) {
      const end = piece.lastIndexOf(newline) + 1
      if (end > 0) {
        const lines = part.length === 0 ? piece.subarray(0, end) : Buffer.concat([...part, piece.subarray(0, end)])
        part = []
        for (const chosen of choose(lines)) await output.write(chosen)
      }
      if (end < piece.length) part.push(piece.subarray(end))
      return end > 0
    },
    dropPart() {
      part = []
    },
    beginJob() {
      part = []
      held = 0
    },
  }
}

function nameIn({ stream_descriptor: descriptor }: Record<string, unknown>): string {
  return isObject(descriptor) ? String(descriptor.name) : ''
}

function parse(line: Buffer): Record<string, unknown> {
  try {
    const message: unknown = JSON.parse(line.toString())
    return isObject(message) ? message : {}
  } catch {
    return {}
  }
}
