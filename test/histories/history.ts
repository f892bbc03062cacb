import type { Fault } from '../../simulator/faults/fault.ts'
import type { MutationKind } from '../../simulator/mutations.ts'
import type { ConfiguredStreamMode } from './streams.ts'
import type { OnAnswers, WrongDates, WrongMachine } from './wrong-clocks.ts'

/** The workspace of a history, and how Intercom shows it. */
export interface WorkspaceTraits {
  seed: number
  /** The API version, and whether the config names it: then contacts are read by it, too. */
  version: '2.11' | '2.16' | '2.17'
  isPinned: boolean
  timezone: string
  /** What was updated when, before the first job: within so many seconds. */
  spanSeconds: number
  contacts: number
  conversations: number
  tickets: number
  companies: number
  activityLogs: number
  /** Parts of a conversation or ticket, below this. */
  parts: number
  largestPage: number
  /** @defaultValue as many as the engine finds right */
  recordsPerSlice: number | null
  aheadOfIndex: number
  cursorsOpaque: boolean
  inclusiveBounds: boolean
  latencyMs: number
}

/** A change of the workspace. */
export interface Change {
  stream: string
  kind: MutationKind
  count: number
  /** How late search shows it, from 0 to 1: as late as the overlap of its stream allows. */
  lag: number
  /** Later than that where a sync has seen late arrivals before: half as late again as the latest. */
  beyond: boolean
}

/** A record over which searches fail for as long as a job lasts. */
export interface BadPlace {
  stream: string
  /** Which of the stream's records: from 0, the oldest in order of creation, to 1. */
  place: number
  /** Pages of so few records come all the same. */
  abovePerPage: number
}

/** A job and what becomes of it. */
export interface JobPlan {
  /** How long nothing happens before it, ms. */
  waitMs: number
  /** The catalog, in its order. */
  streams: string[]
  before: Change[]
  /** Made after so many requests. */
  during: { after: number; change: Change }[]
  badPlaces: BadPlace[]
  faults: Fault[]
  /** Commits after which attempts are killed; the next goes on from the position. */
  kills: number[]
  /** Whether commits take so long that everything under way goes on as far as it can. */
  slowCommits: boolean
  /** `lookback_window`, days; another than before drops the plan of a walk under way. */
  lookback: number
  /** Commits after which it is given up. @defaultValue it comes to its end */
  stopAfter: number | null
  /**
   * Which STATE of each stream is kept: 0 the last, 1 the one before and so on; past the first one that with which the
   * stream began. @defaultValue the last
   */
  keep: Record<string, number>
  /** What time its answers and its machine tell. @defaultValue the true one */
  clocks?: WrongClocks | null | undefined
}

/** Clocks that are wrong, but for one of them at least. */
export interface WrongClocks {
  dates: (WrongDates & { on: OnAnswers }) | null
  machine: WrongMachine | null
}

/** A workspace, jobs that go on from any of each other's STATEs, and what happens meanwhile. Plain data. */
export interface History {
  workspace: WorkspaceTraits
  /** By stream; the same in all jobs. */
  modes: Record<string, ConfiguredStreamMode>
  jobs: JobPlan[]
}
