import type { Reader } from './environment.ts'

/** The operator's app at Intercom, with which people sign in. */
export interface OauthSettings {
  clientId: string
  clientSecret: string
  /** Where Intercom asks people for their consent: an origin. @defaultValue https://app.intercom.com */
  appUrl?: string
}

/** Undefined when nobody can sign in. Adds what is wrong with it to the faults. */
export function readOauth(read: Reader, faults: string[]): OauthSettings | undefined {
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
