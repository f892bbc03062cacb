/** What a webhook can be told of a connection. */
export const eventTypes = [
  'job.succeeded',
  'job.failed',
  'job.cancelled',
  'connection.failing',
  'connection.recovered',
  'connection.needs_sign_in',
  'schedule.skipped',
  'schedule.untaken',
] as const

/** What a webhook is told of that names no events: everything but skipped due times, which a busy connection has often. */
export const usualEvents: readonly string[] = eventTypes.filter((type) => type !== 'schedule.skipped')

/** What every webhook of a connection is told when somebody asks for a test. */
export const testEvent = 'webhook.test'
