import { ConfigError, createReader, type Environment, readBaseUrl } from '../environment.ts'

/**
 * Where Intercom is, if not where it usually is: all that the connector takes from the environment.
 *
 * @throws ConfigError
 */
export function readIntercomBaseUrl(environment: Environment = process.env): string | undefined {
  const faults: string[] = []
  const baseUrl = readBaseUrl(createReader(environment, faults))
  if (faults.length > 0) throw new ConfigError(faults)
  return baseUrl
}

/** The platform's attempt that this process is, in one text; undefined where no platform says so. */
export function readPlatformAttempt(environment: Environment = process.env): string | undefined {
  const { WORKER_JOB_ID: jobId, WORKER_JOB_ATTEMPT: attempt } = environment
  return jobId ? `${jobId}/${attempt || '0'}` : undefined
}
