/** The forms in which Airbyte hands states to people. Every name may be in snake case or in camel case. */

/** What a part of a state holds, and so how it is read. */
export type Content =
  /** Another form, or a list of them. It lies one deep: what it holds may hold no further one. */
  | 'message'
  /** A descriptor and a blob, and a list of these. */
  | 'stream'
  | 'streams'
  /** A list of streams, perhaps with something shared, which we have no use for. */
  | 'global'
  /** Blobs by stream name. */
  | 'blobs'

export interface StateForm {
  /** The member by which the form is recognized, in snake case. */
  member: string
  /** What that member holds. `itself`: the member is a part of the content, which is the whole object. */
  holds: Content
  itself?: true
}

/**
 * The first form whose member is there and not empty counts. Some objects have several: the API's answer holds null or
 * an empty list in place of the others, and older platforms repeat the blobs of a message in `data`.
 */
export const stateForms: readonly StateForm[] = [
  // An item of the connection's settings page, and of the API's list.
  { member: 'stream_descriptor', holds: 'stream', itself: true },
  // The protocol's messages: STREAM, GLOBAL, LEGACY.
  { member: 'stream', holds: 'stream' },
  { member: 'global', holds: 'global' },
  { member: 'stream_states', holds: 'global', itself: true },
  { member: 'data', holds: 'blobs' },
  // The API's answer, and the body by which it takes a state.
  { member: 'connection_state', holds: 'message' },
  { member: 'stream_state', holds: 'streams' },
  { member: 'global_state', holds: 'global' },
  // What the platform passes on between its own parts, as its logs show it.
  { member: 'state_messages', holds: 'message' },
  { member: 'legacy_state', holds: 'blobs' },
]

/** `state` means two things: in a STATE message a message, in the API's answer the blobs of a legacy state. */
export const envelope: StateForm = { member: 'state', holds: 'message' }
export const legacyOfApi: StateForm = { member: 'state', holds: 'blobs' }

/** The member that marks the API's answer. It may say that there is no state (`not_set`). */
export const apiMark = 'state_type'

/** Types of messages that stand beside STATE in the output of a read. */
export const passedOver: readonly unknown[] = ['RECORD', 'LOG', 'TRACE', 'CONTROL']

/** Members that only states of other tools have. They would look like blobs of unknown streams. */
export const foreignMembers: readonly string[] = ['bookmarks', 'singer_state', 'currently_syncing']

/** The names that were asked for: a few dozen of our own, but once for each message of a state. */
const camelNames = new Map<string, string>()

/** One of our names in snake case as Airbyte's API writes it. */
export function toCamelCase(name: string): string {
  const known = camelNames.get(name)
  if (known !== undefined) return known
  const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  camelNames.set(name, camel)
  return camel
}
