import { timingSafeEqual } from 'node:crypto'
import { digestOfText } from '../../json/digest.ts'
import type { SignInSetup } from '../../settings/oauth.ts'
import { type SignIn, signInMs } from '../../store/sign-ins/sign-in.ts'
import type { BegunSignIn } from '../../store/sign-ins/sign-in-store.ts'

/** Each sign-in has a cookie of its own, so that several may be open in one browser. */
function cookieName(flowId: string): string {
  return `intercom_sync_sign_in_${flowId}`
}

/** The header that lets the browser that began a sign-in be recognized when it comes back from Intercom. */
export function setCookie({ flowId, browserSecret }: BegunSignIn, { callbackUrl, isSecure }: SignInSetup): string {
  return [
    `${cookieName(flowId)}=${browserSecret}`,
    `Path=${new URL(callbackUrl).pathname}`,
    `Max-Age=${signInMs / 1000}`,
    'HttpOnly',
    // The browser comes back by a link of Intercom's.
    'SameSite=Lax',
    ...(isSecure ? ['Secure'] : []),
  ].join('; ')
}

/** Whether a request comes from the browser that began the sign-in. */
export function isOwnBrowser(header: string | undefined, { flowId, browserDigest }: SignIn): boolean {
  const start = `${cookieName(flowId)}=`
  const expected = Buffer.from(browserDigest)
  return (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(start))
    .some((part) => {
      const given = Buffer.from(digestOfText(part.slice(start.length)))
      return given.length === expected.length && timingSafeEqual(given, expected)
    })
}
