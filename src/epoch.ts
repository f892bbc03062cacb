/**
 * Whether two epochs of message logs belong to one job. The part before the point is the job's own and never changes.
 * The part after it distinguishes a log that has gone back in time from the one before.
 */
export function areOfOneJob(one: string, other: string): boolean {
  return one.split('.')[0] === other.split('.')[0]
}

/** Whether the log has gone back in time since the job began. */
export function hasGoneBack(epoch: string): boolean {
  return epoch.includes('.')
}
