import { ConfigError } from '../environment.ts'
import { CodedError } from '../errors.ts'
import { readIntercomBaseUrl } from './settings.ts'

/**
 * Where Intercom is, if not where it usually is.
 *
 * @throws CodedError `invalid_request` when the environment names something else
 */
export function intercomBaseUrl(): string | undefined {
  try {
    return readIntercomBaseUrl()
  } catch (error) {
    if (error instanceof ConfigError) throw new CodedError('invalid_request', error.message)
    throw error
  }
}
