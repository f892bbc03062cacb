import type { Message } from '../support/engine.ts'

/** By stream, how many records the warnings of a log say to be lacking. */
export function toldShortages(lines: readonly Message[]): Map<string, number> {
  const told = new Map<string, number>()
  for (const { type, log } of lines) {
    if (type !== 'LOG' || log.level !== 'WARN') continue
    const [, stream = '', counted, came] = /^(\w+): Intercom counted (\d+) .* gave (\d+)/.exec(log.message) ?? []
    if (stream !== '') told.set(stream, (told.get(stream) ?? 0) + Number(counted) - Number(came))
  }
  return told
}
