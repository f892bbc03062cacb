import { trustProxies } from '../network/trusted-proxies.ts'
import type { VariableReader } from './environment.ts'

/** What stands in front of the service, and under which names it is called. */
export interface FrontSettings {
  /** Where callers find the service, without a slash at its end: `https://example.com/sync`. @defaultValue none */
  publicUrl?: string
  /** Proxies whose `X-Forwarded-…` headers are believed: addresses, ranges, names of ranges. @defaultValue none */
  trustProxy: readonly string[]
  /** Whose pages may call the service from a browser: `https://app.example.com`. @defaultValue none */
  corsOrigins: readonly string[]
}

/** @param faults where wrong values are told */
export function readFront(read: VariableReader, faults: string[]): FrontSettings {
  const publicUrl = read.url('PUBLIC_URL', ['http:', 'https:'], faultOfPublicUrl)
  return {
    ...(publicUrl && { publicUrl: withoutSlash(new URL(publicUrl)) }),
    trustProxy: listOf(read.text('TRUST_PROXY')).filter(collecting(faults, 'TRUST_PROXY', checkRange)),
    corsOrigins: listOf(read.text('CORS_ORIGINS'))
      .map((entry) => entry.replace(/\/$/, '').toLowerCase())
      .filter(collecting(faults, 'CORS_ORIGINS', checkOrigin)),
  }
}

function faultOfPublicUrl({ username, password, search, hash }: URL): string | undefined {
  if (username !== '' || password !== '') return 'holds a user or a password; leave them out'
  if (search !== '' || hash !== '') return 'has a query or a fragment; leave them out'
  return undefined
}

function withoutSlash({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

function listOf(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,]+/).filter((entry) => entry !== '')
}

/** Keeps the good entries and tells the faults of the others. */
function collecting(faults: string[], name: string, check: (entry: string) => void) {
  return (entry: string): boolean => {
    try {
      check(entry)
      return true
    } catch (error) {
      faults.push(`${name} ${error instanceof Error ? error.message : String(error)}`)
      return false
    }
  }
}

function checkRange(entry: string): void {
  trustProxies([entry])
}

function checkOrigin(entry: string): void {
  const url = URL.canParse(entry) ? new URL(entry) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.origin !== entry) {
    throw new RangeError(
      `has an entry that is no origin; name each as a browser sends it: scheme, host, and the port if it is not the usual one, like https://app.example.com`,
    )
  }
}
