import { CodedError } from '../errors.ts'
import type { Proxies } from '../network/proxies.ts'
import { ConfigError } from '../settings/environment.ts'
import { readConnectorProxies, readIntercomBaseUrl } from './settings.ts'

/** How to get to Intercom. */
interface IntercomAddress {
  /** Intercom's address, if not the usual one. */
  baseUrl?: string
  proxies: Proxies
}

/**
 * What the environment says about the way to Intercom.
 *
 * @throws CodedError `invalid_request` when it holds something else than addresses
 */
export function intercomAddress(): IntercomAddress {
  const proxies = readConnectorProxies()
  try {
    const baseUrl = readIntercomBaseUrl()
    const faults = proxies.faults()
    if (faults.length > 0) throw new ConfigError(faults)
    return { ...(baseUrl && { baseUrl }), proxies }
  } catch (error) {
    if (error instanceof ConfigError) throw new CodedError('invalid_request', error.message)
    throw error
  }
}
