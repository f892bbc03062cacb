import { CodedError } from '../errors.ts'
import { ConfigError } from '../settings/environment.ts'
import { readIntercomBaseUrl } from './settings.ts'

/**
 * Intercom's address, if not the usual one.
 *
 * @throws CodedError `invalid_request` when the environment holds something else than an address
 */
export function intercomBaseUrl(): string | undefined {
  try {
    return readIntercomBaseUrl()
  } catch (error) {
    if (error instanceof ConfigError) throw new CodedError('invalid_request', error.message)
    throw error
  }
}
