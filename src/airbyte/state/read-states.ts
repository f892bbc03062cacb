import type { Fault } from '../../errors.ts'
import { appendPointer } from '../../json/json-pointer.ts'
import { isObject } from '../../json-object.ts'
import {
  apiMark,
  type Content,
  envelope,
  foreignMembers,
  legacyOfApi,
  passedOver,
  type StateForm,
  stateForms,
  toCamelCase,
} from './state-forms.ts'
import type { GivenState } from './stream-states.ts'

/** A stream's state as it was found; without a blob the stream is to begin anew. */
interface FoundState extends Omit<GivenState, 'state'> {
  state?: Record<string, unknown>
}

/** Messages in one list that say something about a state: each of some hundred bytes, as a whole sync prints them. */
const mostItems = 10_000
/** Streams that states name. There are far fewer; a platform may name some of other versions. */
const mostStreams = 1000

/** A value, and its place in the request. */
interface Placed {
  value: unknown
  pointer: string
}

/**
 * Reads a job's input state in any form in which Airbyte shows it (`state-forms.ts`): a list or a single one of the
 * protocol's messages, of the items of the settings page or of the API's answers, blobs by stream name, or nothing
 * (`null`, `{}`, `[]`). A null blob means no state. Of several states of one stream the last counts, as in a log.
 */
export function readStates(value: unknown, pointer: string, faults: Fault[]): GivenState[] {
  if (value === undefined || value === null) return []
  const latest = new Map<string, FoundState>()
  for (const found of readAny({ value, pointer }, faults)) latest.set(found.streamName, found)
  if (latest.size > mostStreams) {
    faults.push({ pointer, detail: `names ${latest.size} streams: leave out all but ${mostStreams} at most` })
    return []
  }
  return [...latest.values()].flatMap(({ state, ...found }) => (state ? [{ ...found, state }] : []))
}

function readAny(given: Placed, faults: Fault[]): FoundState[] {
  const { value, pointer } = given
  if (Array.isArray(value)) return readList(given, readMessage, faults)
  if (isObject(value)) return isBlobs(value) ? readBlobs(given, faults) : readMessage(given, faults)
  faults.push({ pointer, detail: 'must be an array of Airbyte state messages, or a state as Airbyte shows it' })
  return []
}

/** Blobs by stream name have none of the members by which the other forms are recognized. */
function isBlobs(value: Record<string, unknown>): boolean {
  const names = [...stateForms, envelope].map(({ member }) => member)
  return ['type', apiMark, ...names, ...foreignMembers].every((name) => !find(value, name))
}

function readList(
  { value, pointer }: Placed,
  read: (item: Placed, faults: Fault[]) => FoundState[],
  faults: Fault[],
): FoundState[] {
  if (!Array.isArray(value)) {
    faults.push({ pointer, detail: 'must be an array' })
    return []
  }
  const count = value.reduce((sum: number, item) => (isBesideState(item) ? sum : sum + 1), 0)
  if (count > mostItems) {
    faults.push({ pointer, detail: `holds ${count} states: give the last one of each stream` })
    return []
  }
  return value.flatMap((item: unknown, index) =>
    isBesideState(item) ? [] : read({ value: item, pointer: `${pointer}/${index}` }, faults),
  )
}

/** Whether a value is a message that a read prints beside its states, and that says nothing about them. */
export function isBesideState(value: unknown): boolean {
  return isObject(value) && passedOver.includes(value.type)
}

function readMessage(given: Placed, faults: Fault[]): FoundState[] {
  return readForm(given, [...stateForms, envelope], faults)
}

/** A form in another one, or a list of them. */
function readInner(given: Placed, faults: Fault[]): FoundState[] {
  const read = (item: Placed) =>
    readForm(
      item,
      stateForms.filter(({ holds }) => holds !== 'message'),
      faults,
    )
  return Array.isArray(given.value) ? readList(given, read, faults) : read(given)
}

function readForm(given: Placed, forms: readonly StateForm[], faults: Fault[]): FoundState[] {
  const object = isObject(given.value) ? given.value : {}
  const foreign = foreignMembers.find((name) => find(object, name))
  const form = foreign ? undefined : formOf(object, forms)
  if (form) return readers[form.holds](form.itself ? given : memberOf(given, form.member), faults)
  if (!foreign && find(object, apiMark)) return []
  const detail = foreign
    ? `holds ${foreign}, as a state of Singer does: give a state of Airbyte, or none to read from the beginning`
    : 'must be an Airbyte state message with stream, global or data, or a state as Airbyte shows it'
  faults.push({ pointer: given.pointer, detail })
  return []
}

/** The first form whose member holds something, else the first whose member is there. */
function formOf(object: Record<string, unknown>, forms: readonly StateForm[]): StateForm | undefined {
  const isOfApi = find(object, apiMark) !== undefined
  const possible = isOfApi ? [...forms.filter((form) => form !== envelope), legacyOfApi] : forms
  // What a STATE message holds beside its state is nobody's.
  const allowed = object.type === 'STATE' ? possible.filter((form) => form === envelope) : possible
  const there = allowed.filter(({ member }) => (find(object, member)?.value ?? undefined) !== undefined)
  return there.find(({ member }) => !isEmpty(find(object, member)?.value)) ?? (isOfApi ? undefined : there[0])
}

const readers: Record<Content, (given: Placed, faults: Fault[]) => FoundState[]> = {
  message: readInner,
  stream: readStream,
  streams: (given, faults) => readList(given, readStream, faults),
  global: (given, faults) => readList(memberOf(given, 'stream_states'), readStream, faults),
  blobs: readBlobs,
}

function readStream(given: Placed, faults: Fault[]): FoundState[] {
  const descriptor = memberOf(given, 'stream_descriptor')
  const name = memberOf(descriptor, 'name')
  if (typeof name.value === 'string') return readBlob(name.value, memberOf(given, 'stream_state'), faults)
  faults.push({ pointer: name.pointer, detail: 'must name a stream' })
  return []
}

function readBlobs({ value, pointer }: Placed, faults: Fault[]): FoundState[] {
  if (!isObject(value)) {
    faults.push({ pointer, detail: 'must be an object of states by stream' })
    return []
  }
  const names = Object.keys(value)
  if (names.length > mostStreams) {
    faults.push({ pointer, detail: `names ${names.length} streams: leave out all but ${mostStreams} at most` })
    return []
  }
  return names.flatMap((name) => readBlob(name, { value: value[name], pointer: appendPointer(pointer, name) }, faults))
}

function readBlob(streamName: string, { value, pointer }: Placed, faults: Fault[]): FoundState[] {
  if (value === undefined || value === null) return [{ streamName, pointer }]
  if (isObject(value)) return [{ streamName, state: value, pointer }]
  faults.push({ pointer, detail: 'must be an object' })
  return []
}

/**
 * The member of an object under either of its names. One that is missing is named as its neighbours are, and nothing
 * else has members.
 */
function memberOf({ value, pointer }: Placed, name: string): Placed {
  if (!isObject(value)) return { value: undefined, pointer }
  const found = find(value, name)
  if (found) return { value: found.value, pointer: appendPointer(pointer, found.written) }
  const isCamel = Object.keys(value).some((key) => /[a-z][A-Z]/.test(key))
  return { value: undefined, pointer: appendPointer(pointer, isCamel ? toCamelCase(name) : name) }
}

/** A member under either of its names; the one that holds something, if both are there. */
function find(object: Record<string, unknown>, name: string): { written: string; value: unknown } | undefined {
  const camel = toCamelCase(name)
  const isThere = Object.hasOwn(object, name)
  const isSnake = isThere && (!Object.hasOwn(object, camel) || (object[name] ?? undefined) !== undefined)
  if (isSnake || (isThere && (object[camel] ?? undefined) === undefined)) return { written: name, value: object[name] }
  return Object.hasOwn(object, camel) ? { written: camel, value: object[camel] } : undefined
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0
}
