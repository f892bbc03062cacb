import { findStream } from '../../src/streams/table.ts'
import type { Message } from '../support/engine.ts'

/**
 * By stream, how many records are missing according to a log's warnings; for a missing parent, any number of children.
 */
export function toldShortages(lines: readonly Message[]): Map<string, number> {
  const told = new Map<string, number>()
  for (const { type, log } of lines) {
    if (type !== 'LOG' || log.level !== 'WARN') continue
    const [, stream = '', counted, came] = /^(\w+): Intercom counted (\d+) .* gave (\d+)/.exec(log.message) ?? []
    const [, ended, least] = /the scroll ended after (\d+) .* counts at least (\d+)/.exec(log.message) ?? []
    if (ended !== undefined) {
      told.set('companies', (told.get('companies') ?? 0) + Number(least) - Number(ended))
      told.set('company_segments', Number.POSITIVE_INFINITY)
    }
    const lacking = findStream(stream)?.child ? Number.POSITIVE_INFINITY : Number(counted) - Number(came)
    if (stream !== '') told.set(stream, (told.get(stream) ?? 0) + lacking)
  }
  return told
}
