import Type, { type Static } from 'typebox'
import { parseStored } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'

/** What an event is about, as scripts leave it in the list of events. Times are ms since the epoch. */
const About = Type.Object({
  tenant: Type.String(),
  connectionId: Type.String(),
  at: Type.Number(),
  jobId: Type.Optional(Type.Number()),
  /** When the job was made: with it, the id of a job that Redis has lost is not taken for that of a later one. */
  jobCreatedAt: Type.Optional(Type.Number()),
  skipped: Type.Optional(
    Type.Object({ kind: Type.String(), reason: Type.String(), count: Type.Number(), dueAt: Type.Number() }),
  ),
})
type AboutEvent = Static<typeof About>

/** What became of a connection. */
export interface ConnectionEvent extends AboutEvent {
  type: string
}

/** An entry of the list of events. */
interface EventEntry {
  /** As it stands there. */
  text: string
  event: ConnectionEvent
}

/** What an event is about, for a script. */
export function aboutText(about: AboutEvent): string {
  return JSON.stringify(about)
}

/** The oldest entries of the list of events, the oldest first, as they stand there. */
export async function readEvents(redis: StoreClient, most: number): Promise<string[]> {
  const texts = await storeAnswer(redis.lrange(redis.keyspace.events, -most, -1))
  return texts.reverse()
}

/** @throws StoredDataError */
export function parseEvent(text: string): EventEntry {
  const [, type = '', about = ''] = /^(\S+) (.*)$/s.exec(text) ?? []
  return { text, event: { ...parseStored(About, about, 'an event in the list of events'), type } }
}

/** Takes an entry away that cannot be read. */
export async function dropEvent(redis: StoreClient, text: string): Promise<void> {
  await storeAnswer(redis.lrem(redis.keyspace.events, -1, text))
}
