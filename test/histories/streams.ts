import type { MutationKind } from '../../simulator/workspace/mutations.ts'
import { streamTable } from '../../src/streams/table.ts'

export type ConfiguredStreamMode = 'incremental' | 'full_refresh'

/** Streams that are read in one traversal of Intercom. */
export const sharedWalks = [
  ['conversation_parts', 'conversations'],
  ['ticket_parts', 'tickets'],
  ['company_segments', 'companies'],
] as const

export const otherStreams = ['contacts', 'segments', 'activity_logs', 'tags'] as const

/** The possible changes of each stream's records, the ordinary ones more often than the others. */
export const changeKinds: Readonly<Record<string, readonly MutationKind[]>> = {
  contacts: ['update', 'create', 'delete', 'merge'],
  conversations: ['update', 'create', 'reply', 'edit', 'delete', 'redact'],
  tickets: ['update', 'create', 'reply', 'move', 'edit', 'delete', 'redact'],
  companies: ['update', 'create', 'join', 'leave', 'delete', 'visit'],
  segments: ['update', 'create', 'delete'],
  activity_logs: ['create'],
}

/** The stream whose records a walk looks for. */
export function rootOf(stream: string): string {
  return streamTable.find(({ name }) => name === stream)?.child?.parent ?? stream
}

/** How late the search may show a change before any sync has noticed late arrivals, ms. */
export function overlapMs(stream: string): number {
  return 1000 * (streamTable.find(({ name }) => name === stream)?.overlapSeconds ?? 0)
}

export function canBeIncremental(stream: string): boolean {
  return streamTable.find(({ name }) => name === stream)?.cursor !== undefined
}
