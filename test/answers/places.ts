import type { Fault } from '../../simulator/faults/fault.ts'
import type { ErrorCode } from '../../src/error-table.ts'
import type { Meaning } from './answer.ts'

/**
 * What a sync comes to:
 * - `exact`: all of it is delivered, COMPLETE;
 * - `waits`: one record's is not, and named in `retryIds`; the next sync brings it;
 * - `deleted`, `cut`: Intercom has said twice that a record is gone, or that its list may not be read;
 * - a code: the job fails with it, and the next sync brings the rest.
 */
export type Ending = 'exact' | 'waits' | 'deleted' | 'cut' | ErrorCode

/** A kind of request in whose place something else is answered. */
export interface Place {
  name: string
  /** What is read. */
  streams: readonly string[]
  /** The requests; `{conversation}` and `{contact}` stand for the id of one record. */
  match: NonNullable<Fault['match']>
  /** The requests that are answered so for good. @defaultValue the same */
  lastingMatch?: NonNullable<Fault['match']>
  apiVersion?: '2.11'
  /** Small enough that slices are divided by their first pages. */
  recordsPerSlice?: number
  once: Readonly<Record<Meaning, Ending>>
  lasting: Readonly<Record<Meaning, Ending>>
}

/** What passes is asked again, wherever it was. */
const passing = { foreign: 'exact', retry: 'exact', limit: 'exact' } as const
const unavailable = {
  foreign: 'intercom_unavailable',
  retry: 'intercom_unavailable',
  limit: 'intercom_unavailable',
} as const
const refused = { gone: 'intercom_rejected', unprocessable: 'intercom_rejected', refused: 'intercom_rejected' } as const
/** A search may fail so over what is on its page. */
const ofRecords = { gone: 'exact', unprocessable: 'exact' } as const
const noScope = { unauthorized: 'scope_missing' } as const
/** One record's: the others come. */
const ofOne = { foreign: 'waits', retry: 'waits', limit: 'intercom_unavailable', refused: 'waits' } as const

const conversations = ['conversations'] as const

export const places: readonly Place[] = [
  {
    name: 'the first request',
    streams: conversations,
    match: { path: '/me' },
    // A token may be good and yet not read /me.
    once: { ...passing, ...refused, unauthorized: 'exact' },
    lasting: { ...unavailable, ...refused, unauthorized: 'exact' },
  },
  {
    name: 'a page of a search',
    streams: conversations,
    match: { path: '/conversations/search', perPage: 150 },
    lastingMatch: { path: '/conversations/search' },
    once: { ...passing, ...refused, ...ofRecords, unauthorized: 'exact' },
    lasting: { ...unavailable, ...refused, ...noScope },
  },
  {
    name: 'a conversation',
    streams: ['conversations', 'conversation_parts'],
    match: { path: '/conversations/{conversation}' },
    once: { ...passing, unauthorized: 'exact', gone: 'exact', unprocessable: 'waits', refused: 'waits' },
    lasting: { ...ofOne, ...noScope, gone: 'deleted', unprocessable: 'waits' },
  },
  {
    name: 'the list of a contact',
    streams: ['contacts'],
    match: { path: '/contacts/{contact}/tags' },
    once: { ...passing, unauthorized: 'exact', gone: 'exact', unprocessable: 'waits', refused: 'waits' },
    lasting: { ...ofOne, unauthorized: 'cut', gone: 'deleted', unprocessable: 'waits' },
  },
  {
    name: 'a page of the scroll',
    streams: ['companies'],
    match: { path: '/companies/scroll' },
    once: { ...passing, ...refused, unauthorized: 'exact', gone: 'exact' },
    lasting: { ...unavailable, ...refused, ...noScope },
  },
  {
    name: 'a numbered page',
    streams: ['activity_logs'],
    match: { path: '/admins/activity_logs' },
    apiVersion: '2.11',
    once: { ...passing, ...refused, ...ofRecords, unauthorized: 'exact' },
    lasting: { ...unavailable, ...noScope, ...refused, gone: 'intercom_rejected' },
  },
  {
    name: 'the first page of a slice',
    streams: conversations,
    match: { path: '/conversations/search' },
    recordsPerSlice: 1,
    once: { ...passing, ...refused, ...ofRecords, unauthorized: 'exact' },
    lasting: { ...unavailable, ...refused, ...noScope },
  },
]

/** The whole of Intercom is hidden. */
export const everywhere = {
  name: 'every request',
  streams: ['contacts', 'conversations', 'conversation_parts', 'companies'],
  match: {},
} as const
