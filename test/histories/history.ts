import type { Fault } from '../../simulator/faults/fault.ts'
import type { MutationKind } from '../../simulator/workspace/mutations.ts'
import type { OnAnswers, WrongDates, WrongMachine } from '../support/wrong-clocks.ts'
import type { ConfiguredStreamMode } from './streams.ts'

/** The workspace of a history, and how Intercom shows it. */
export interface WorkspaceTraits {
  seed: number
  /** The API version, and whether the config names it. If it does, contacts are read with it, too. */
  version: '2.11' | '2.16' | '2.17'
  isPinned: boolean
  timezone: string
  /** All updates before the first job were made within so many seconds. */
  spanSeconds: number
  contacts: number
  conversations: number
  tickets: number
  companies: number
  activityLogs: number
  /** Each conversation or ticket has fewer parts than this. */
  parts: number
  largestPage: number
  /** @defaultValue as many as the engine chooses */
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
  /** How late the search shows it, from 0 to 1: 1 is as late as the overlap of its stream allows. */
  lag: number
  /** Even later, if a sync has seen late arrivals before: one and a half times the longest delay seen. */
  beyond: boolean
}

/** A record on which searches fail for as long as a job lasts. */
export interface BadPlace {
  stream: string
  /** Which of the stream's records: from 0, the oldest in order of creation, to 1. */
  place: number
  /** Pages of so few records still come. */
  abovePerPage: number
}

/** A job and what happens to it. */
export interface JobPlan {
  /** How long nothing happens before the job, ms. */
  waitMs: number
  /** The catalog, in its order. */
  streams: string[]
  before: Change[]
  /** Each is made after so many requests. */
  during: { after: number; change: Change }[]
  badPlaces: BadPlace[]
  faults: Fault[]
  /** Commits after which attempts are killed; the next attempt continues from the position. */
  kills: number[]
  /** Whether commits take so long that all work under way runs as far as it can. */
  slowCommits: boolean
  /** `lookback_window`, days. When it changes, the plan of a walk under way is dropped. */
  lookback: number
  /** Commits after which the job is given up. @defaultValue it runs to its end */
  stopAfter: number | null
  /**
   * Which STATE of each stream is kept: 0 the last, 1 the one before and so on; beyond the first one, the STATE with
   * which the stream began. @defaultValue the last
   */
  keep: Record<string, number>
  /** The time that its answers and its machine show. @defaultValue the true one */
  clocks?: WrongClocks | null | undefined
}

/** Clocks that are wrong, except at least one. */
export interface WrongClocks {
  dates: (WrongDates & { on: OnAnswers }) | null
  machine: WrongMachine | null
}

/** A workspace, jobs that continue from any of each other's STATEs, and what happens meanwhile. Plain data. */
export interface History {
  workspace: WorkspaceTraits
  /** By stream; the same in all jobs. */
  modes: Record<string, ConfiguredStreamMode>
  jobs: JobPlan[]
}
