import { CodedError } from '../errors.ts'
import type { IntercomApp } from '../intercom/token-request.ts'
import { isLoopback } from '../network/loopback.ts'
import type { VariableReader } from './environment.ts'

/** The operator's app at Intercom, with which people sign in. */
export interface OauthSettings extends IntercomApp {
  /** Where Intercom asks people for their consent: an origin. @defaultValue https://app.intercom.com */
  appUrl?: string
}

/** Undefined when nobody can sign in. Adds what is wrong with it to the faults. */
export function readOauth(read: VariableReader, faults: string[]): OauthSettings | undefined {
  const clientId = read.text('INTERCOM_CLIENT_ID')
  const secret = read.secret('INTERCOM_CLIENT_SECRET')
  const appUrl = read.url('INTERCOM_APP_URL', ['http:', 'https:'], faultOfAppUrl)
  if (clientId === undefined && secret === undefined) return undefined
  if (clientId === undefined || secret === undefined) {
    faults.push(
      "INTERCOM_CLIENT_ID and INTERCOM_CLIENT_SECRET belong together; set both to those of the app in Intercom's Developer Hub, or neither",
    )
    return undefined
  }
  return { clientId, clientSecret: secret.value, ...(appUrl && { appUrl: new URL(appUrl).origin }) }
}

function faultOfAppUrl({ username, password, search, hash, pathname }: URL): string | undefined {
  if (username !== '' || password !== '') return 'holds a user or a password; leave them out'
  if (search !== '' || hash !== '' || pathname !== '/')
    return 'has more than a host and a port; leave path and query out'
  return undefined
}

/** What signing in needs, from the operator. */
export interface SignInSetup {
  app: IntercomApp
  /** Where people are asked, without what belongs to one sign-in. */
  consentUrl: string
  /** Where Intercom sends their browsers back. */
  callbackUrl: string
  /** Whether cookies go over TLS only. */
  isSecure: boolean
}

interface Operators {
  oauth?: OauthSettings | undefined
  publicUrl?: string | undefined
  hasApiKeys: boolean
}

const usualAppUrl = 'https://app.intercom.com'

/**
 * What the operator has set, or what there is to set.
 *
 * Intercom takes no plain http for an address to come back to, its simulator does. A service that others reach without a
 * key would let anybody read what people sign in for.
 */
export function signInSetupOf({ oauth, publicUrl, hasApiKeys }: Operators): SignInSetup | { missing: string } {
  const missing = [
    ...(oauth ? [] : ['INTERCOM_CLIENT_ID and INTERCOM_CLIENT_SECRET']),
    ...(publicUrl === undefined ? ['PUBLIC_URL'] : []),
  ]
  if (!oauth || publicUrl === undefined)
    return { missing: `The operator has to set ${missing.join(', and ')}: docs/sign-in.md` }
  const { protocol, hostname } = new URL(publicUrl)
  const isHere = isLoopback(hostname.replace(/^\[|\]$/g, ''))
  if (protocol !== 'https:' && !(isHere && oauth.appUrl !== undefined))
    return {
      missing:
        'PUBLIC_URL has to start with https://, because Intercom sends browsers nowhere else; only with the simulator ' +
        '(INTERCOM_APP_URL) it may be plain http on this machine',
    }
  if (!isHere && !hasApiKeys)
    return {
      missing: 'API_KEYS has to be set: without keys, everybody who reaches PUBLIC_URL could use what is signed in',
    }
  return {
    app: { clientId: oauth.clientId, clientSecret: oauth.clientSecret },
    consentUrl: `${oauth.appUrl ?? usualAppUrl}/oauth`,
    callbackUrl: `${publicUrl}/v1/oauth/callback`,
    isSecure: protocol === 'https:',
  }
}

/** @throws CodedError `oauth_not_configured` */
export function requireSetup(setup: SignInSetup | { missing: string }): SignInSetup {
  if ('missing' in setup) throw new CodedError('oauth_not_configured', setup.missing)
  return setup
}
