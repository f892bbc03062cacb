import { forget, keep, readKept } from '../api/kept.ts'
import type { Schedule } from '../api/types.ts'
import { readDuration } from '../words/times.ts'
import { type Draft, emptyDraft, faultOfName, isRegion, type SyncMode } from './draft.ts'

type Checks = { [Member in keyof Draft]-?: (kept: unknown) => Draft[Member] | undefined }

/** How each member is read: undefined where it does not fit. */
const checks: Checks = {
  name: (kept) => (typeof kept === 'string' ? kept : undefined),
  region: (kept) => (isRegion(kept) ? kept : undefined),
  startDate: (kept) => (typeof kept === 'string' && /^(\d{4}-\d\d-\d\d)?$/.test(kept) ? kept : undefined),
  streams: readStreams,
  schedule: readSchedule,
  ack: (kept) => (kept === 'client' || kept === 'on_success' ? kept : undefined),
  webhook: readWebhook,
  step: (kept) => (kept === 1 || kept === 2 ? kept : undefined),
  signedInAs: (kept) => (typeof kept === 'string' && faultOfName(kept) === undefined ? kept : undefined),
}

/** The draft of this tab. It was written by this page, perhaps by another version of it: what does not fit is dropped. */
export function readDraft(): Draft {
  const kept = readObject(parse(readKept('draft') ?? '{}')) ?? {}
  const fitting = Object.entries(checks).flatMap(([member, check]) => {
    const value = check(kept[member])
    return value === undefined ? [] : [[member, value]]
  })
  return { ...emptyDraft, ...Object.fromEntries(fitting) }
}

export function keepDraft(draft: Draft): void {
  keep('draft', JSON.stringify(draft))
}

export function forgetDraft(): void {
  forget('draft')
}

function readStreams(kept: unknown): Draft['streams'] {
  const streams = readObject(kept)
  if (!streams) return undefined
  const fitting = Object.entries(streams).filter((entry): entry is [string, SyncMode] => isSyncMode(entry[1]))
  return Object.fromEntries(fitting)
}

function isSyncMode(kept: unknown): kept is SyncMode {
  return kept === 'incremental' || kept === 'full_refresh'
}

/** A cron line may be half written: the page says what it lacks. */
function readSchedule(kept: unknown): Schedule | undefined {
  const { type, every, cron, timeZone } = readObject(kept) ?? {}
  if (type === 'manual') return { type }
  if (type === 'interval' && typeof every === 'string' && readDuration(every) !== undefined) return { type, every }
  if (type !== 'cron' || typeof cron !== 'string') return undefined
  return { type, cron, ...(typeof timeZone === 'string' && { timeZone }) }
}

function readWebhook(kept: unknown): Draft['webhook'] | undefined {
  const { url, isSlack } = readObject(kept) ?? {}
  return typeof url === 'string' && typeof isSlack === 'boolean' ? { url, isSlack } : undefined
}

function readObject(kept: unknown): Record<string, unknown> | undefined {
  return typeof kept === 'object' && kept !== null ? Object.fromEntries(Object.entries(kept)) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
