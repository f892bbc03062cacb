/**
 * The name of a file: its job, the attempt that wrote it, the messages before it, and random text. No two writers ever
 * use one name, even if Redis has given an attempt's number out twice.
 */
export function segmentName(jobId: number, fence: number, after: number, id: string): string {
  return `job-${jobId}-attempt-${fence}-after-${after}-${id}.segment`
}

/** The job that a file belongs to; undefined for a file that no service has written. */
export function jobOfSegment(name: string): number | undefined {
  const [, jobId] = name.match(/^job-(\d+)-attempt-\d+-after-\d+-[0-9a-z-]+\.segment$/) ?? []
  return jobId === undefined ? undefined : Number(jobId)
}
