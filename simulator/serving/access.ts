import type { SimulatorOptions } from '../options.ts'
import { RefusedRequest } from './answer.ts'

/** The token of a request. @throws RefusedRequest 401 without a valid one */
export function authenticate(authorization: string | undefined, options: Required<SimulatorOptions>): string {
  const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined || !Object.hasOwn(options.accessTokens, token)) {
    throw new RefusedRequest(401, 'unauthorized', 'Access Token Invalid')
  }
  return token
}

/** @throws RefusedRequest 403, or 401 where the options say so, when the token lacks the scope */
export function authorize(token: string, scope: string | undefined, options: Required<SimulatorOptions>): void {
  if (scope === undefined || !options.accessTokens[token]?.includes(scope)) return
  if (options.missingScopeStatus === 401) throw new RefusedRequest(401, 'unauthorized', 'Access Token Invalid')
  throw new RefusedRequest(403, 'forbidden', `You do not have the required scope (${scope}) to access this resource`)
}
