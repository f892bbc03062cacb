import { type Proxies, readProxies } from '../network/proxies.ts'
import { ConfigError, createVariableReader, type Environment, readBaseUrl } from '../settings/environment.ts'

/**
 * Intercom's address, if not the usual one. Beside it the connector takes proxies and the platform's attempt from the
 * environment (below), what a terminal can show (`display/settings.ts`), and the temporary directory (`TMPDIR`).
 *
 * @throws ConfigError
 */
export function readIntercomBaseUrl(environment: Environment = process.env): string | undefined {
  const faults: string[] = []
  const baseUrl = readBaseUrl(createVariableReader(environment, faults))
  if (faults.length > 0) throw new ConfigError(faults)
  return baseUrl
}

/** The proxies on the way to Intercom, or to a service. */
export function readConnectorProxies(environment: Environment = process.env): Proxies {
  return readProxies(environment)
}

/** Identifies the platform's attempt that this process runs, in one text; undefined when the platform does not say. */
export function readPlatformAttempt(environment: Environment = process.env): string | undefined {
  const { WORKER_JOB_ID: jobId, WORKER_JOB_ATTEMPT: attempt } = environment
  return jobId ? `${jobId}/${attempt || '0'}` : undefined
}
