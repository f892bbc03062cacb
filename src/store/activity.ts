import Type, { type Static } from 'typebox'
import { parseJson } from '../json-object.ts'
import { isValid } from '../stored/stored-data.ts'

/** What a running job waits for. Versions before segments show none for `log_space`. */
const WaitingFor = Type.Enum(['rate_limit', 'scroll', 'log_space'])

/** What an attempt is doing, as it is kept in its job's record. Times are ms since the epoch. */
const StoredActivity = Type.Object({
  /** The attempt that says so: what an earlier one has left counts no more. */
  attemptId: Type.String(),
  at: Type.Number(),
  waitingFor: Type.Optional(WaitingFor),
  waitingUntil: Type.Optional(Type.Number()),
  /** Versions before this one have none, and pass over it. */
  rateLimit: Type.Optional(Type.Object({ limit: Type.Number(), remaining: Type.Number(), resetsAt: Type.Number() })),
  rates: Type.Record(Type.String(), Type.Number()),
})

/** What an attempt is doing. */
export interface Activity {
  /** Ms since the epoch. */
  at: number
  waitingFor?: Static<typeof WaitingFor>
  /** Ms since the epoch; absent when nobody knows. */
  waitingUntil?: number
  /** What Intercom last said of its rate limit: requests in a window, those left, and when the next one begins. */
  rateLimit?: { limit: number; remaining: number; resetsAt: number }
  /** Records per second of the streams that have some, by name. */
  rates: Readonly<Record<string, number>>
}

/** An activity as it is stored. */
export function activityJson(attemptId: string, activity: Activity): string {
  return JSON.stringify({ attemptId, ...activity })
}

/**
 * The activity of the latest attempt. Undefined for one of an earlier attempt, and for what this version cannot read:
 * it is told anew within a second.
 */
export function readActivity(text: string | undefined, attemptId: string | undefined): Activity | undefined {
  const stored = text === undefined ? undefined : parseJson(text)
  if (!isValid(StoredActivity, stored) || stored.attemptId !== attemptId) return undefined
  const { attemptId: _, ...activity } = stored
  return activity
}

/** What an attempt says about itself between its commits. */
export interface ActivityReport {
  activity: Activity
  /** Requests to Intercom since the last report. */
  requests: number
  /** The ms of them in which requests waited for Intercom's rate limit. */
  waitedMs: number
}
