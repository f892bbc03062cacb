import type { Job } from '../api/types.ts'

/** What comes next, by the kind of a failure. */
export const whoseFault: Record<NonNullable<Job['failure']>['failureType'], string> = {
  config_error: 'This does not pass by itself: until somebody has mended it, each sync fails in the same way.',
  transient_error: 'This may pass by itself: the next sync tries again.',
  system_error: 'This is a fault of the service, not of the source.',
}
