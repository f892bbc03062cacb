import type { LogEntry } from './log-messages.ts'

const levels: Record<string, LogEntry['level']> = {
  FATAL: 'error',
  ERROR: 'error',
  WARN: 'warn',
  INFO: 'info',
  DEBUG: 'debug',
  TRACE: 'debug',
}

interface Message {
  type?: unknown
  log?: { level?: unknown; message?: unknown }
  state?: { stream?: { stream_descriptor?: { name?: unknown } } }
  trace?: {
    type?: unknown
    emitted_at?: unknown
    error?: { message?: unknown; stream_descriptor?: { name?: unknown } }
    stream_status?: { stream_descriptor?: { name?: unknown }; status?: unknown; reasons?: { type?: unknown }[] }
  }
}

/**
 * A message that is no record as a line for people; undefined for one that has nothing to say to them.
 *
 * @param latest the latest time before it, ms: not every message has one of its own
 */
export function readEntry(text: string, offset: number, latest: number | undefined): LogEntry | undefined {
  const message = parse(text)
  const own = message?.trace?.emitted_at
  const time = typeof own === 'number' ? own : latest
  const entry = message && entryOf(message, offset)
  return entry && time !== undefined ? { ...entry, time } : entry
}

function entryOf(message: Message, offset: number): LogEntry | undefined {
  if (message.type === 'LOG') {
    const level = levels[String(message.log?.level)] ?? 'info'
    return { offset, level, text: String(message.log?.message ?? '') }
  }
  if (message.type === 'STATE') {
    const name = message.state?.stream?.stream_descriptor?.name
    return typeof name === 'string' ? { offset, level: 'debug', text: 'checkpoint', stream: name } : undefined
  }
  if (message.type !== 'TRACE') return undefined
  const { error, stream_status: status } = message.trace ?? {}
  if (error) {
    const name = error.stream_descriptor?.name
    return {
      offset,
      level: 'error',
      text: String(error.message ?? ''),
      ...(typeof name === 'string' && { stream: name }),
    }
  }
  const name = status?.stream_descriptor?.name
  if (typeof name !== 'string') return undefined
  const isLimited = status?.reasons?.some(({ type }) => type === 'RATE_LIMITED') === true
  return {
    offset,
    level: 'info',
    text: isLimited ? 'waits for the rate limit' : statusText(status?.status),
    stream: name,
  }
}

function statusText(status: unknown): string {
  const words: Record<string, string> = {
    STARTED: 'started',
    RUNNING: 'reading',
    COMPLETE: 'complete',
    INCOMPLETE: 'incomplete',
  }
  return words[String(status)] ?? String(status)
}

/** What is no message is none of ours: it is passed over, and counts. */
function parse(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Message) : undefined
  } catch {
    return undefined
  }
}
