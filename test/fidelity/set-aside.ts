import type { TruthLine } from '../../simulator/truth/truth.ts'

/** A span of time that a job has set aside, as its warning names it: `from` is in it, `to` is not. */
const setAside = /^(\w+): .*what was updated from (\S+) to (\S+) is set aside$/

/**
 * How many records of a stream a job may leave out: those of the seconds that it says it has set aside. One record
 * that Intercom cannot give hides the others of its second.
 */
export function countSetAside(messages: Buffer, truth: Iterable<TruthLine>, streamName: string): number {
  const spans = warningsOf(messages).flatMap((warning) => {
    const [, name, from = '', to = ''] = setAside.exec(warning) ?? []
    return name === streamName ? [{ from: Date.parse(from) / 1000, to: Date.parse(to) / 1000 }] : []
  })
  const hidden = new Set<string>()
  for (const { stream, id, updatedAt } of truth)
    if (
      stream === streamName &&
      spans.some(({ from, to }) => updatedAt !== null && from <= updatedAt && updatedAt < to)
    )
      hidden.add(id)
  return hidden.size
}

function warningsOf(messages: Buffer): string[] {
  const lines = messages.toString().split('\n')
  return lines.flatMap((line) => {
    if (!line.startsWith('{"type":"LOG"')) return []
    const { log } = JSON.parse(line) as { log: { level: string; message: string } }
    return log.level === 'WARN' ? [log.message] : []
  })
}
