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

const unreadLists = /^contacts: Intercom keeps failing over lists of (\S+) \(/

/** The contacts that a sync has delivered with lists as they stood, because Intercom kept failing over them. */
export function unreadListsIn(messages: Buffer): Set<string> {
  return new Set(warningsOf(messages).flatMap((warning) => unreadLists.exec(warning)?.[1] ?? []))
}

const readAgain = /^(\S+): since the last scroll companies were read in a way that leaves out those without users/

/** The streams whose list is read again from the last one on, with what searches have delivered since. */
export function readAgainIn(messages: Buffer): Set<string> {
  return new Set(logsOf(messages).flatMap(({ message }) => readAgain.exec(message)?.[1] ?? []))
}

function warningsOf(messages: Buffer): string[] {
  return logsOf(messages).flatMap(({ level, message }) => (level === 'WARN' ? [message] : []))
}

function logsOf(messages: Buffer): { level: string; message: string }[] {
  const lines = messages.toString().split('\n')
  return lines.flatMap((line) => (line.startsWith('{"type":"LOG"') ? [JSON.parse(line).log] : []))
}
