import { STATUS_CODES } from 'node:http'
import { isObject, parseJson } from '../../json-object.ts'

/**
 * What Intercom's own answers look like. A load balancer, a firewall, a CDN or a captive portal may answer in Intercom's
 * place, with any status. Such an answer decides nothing.
 */

/** An error in Intercom's own words. */
interface OwnError {
  /** Intercom's code. There are many, and new ones come, so most errors are judged by their status alone. */
  code: string | undefined
  message: string | undefined
}

interface ErrorEnvelope {
  /** Its form for people, in `docs/errors.md`. */
  form: string
  /** Where it is described or was seen. */
  source: string
  /** The error that a body holds in this form; undefined when the body has another form. */
  read(json: Record<string, unknown>, status: number): OwnError | undefined
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The forms of Intercom's errors. */
export const errorEnvelopes: readonly ErrorEnvelope[] = [
  {
    form: '`{"type": "error.list", "errors": [{"code", "message"}]}`',
    source: "Intercom's OpenAPI description, every version",
    read({ type, errors }) {
      const first: unknown = type === 'error.list' && Array.isArray(errors) ? errors[0] : undefined
      if (!isObject(first)) return undefined
      const error = { code: text(first.code), message: text(first.message) }
      return error.code === undefined && error.message === undefined ? undefined : error
    },
  },
  {
    form: '`{"status": <the status>, "error": "…"}`: 4xx, no other member, and another text than the name of the status',
    source: 'seen by Ampersand for JSON that cannot be read',
    // Web frameworks (Rails, Spring) write errors like this too, with the name of the status. One may stand in front.
    read({ status: told, error, ...others }, status) {
      const name = status < 500 ? STATUS_CODES[status] : undefined
      const isOwn = told === status && name !== undefined && error !== name && Object.keys(others).length === 0
      return isOwn && typeof error === 'string' ? { code: undefined, message: error } : undefined
    },
  },
]

/**
 * For lists of a deleted company, Intercom's web server answers 404 with a bare page, before its application sees the
 * request (seen by Estuary). This is Intercom's only answer in none of these forms. We trust it only when Intercom
 * itself says that the company is gone.
 */
const BARE_PAGE_PATHS = /^\/companies\/[^/]+\/[^/]+$/

/** Reads an error in one of Intercom's forms; undefined when the body has none of them. */
export function readOwnError(status: number, body: Buffer): OwnError | undefined {
  const json = parseJson(body)
  if (!isObject(json)) return undefined
  for (const envelope of errorEnvelopes) {
    const error = envelope.read(json, status)
    if (error) return error
  }
  return undefined
}

/** Whether an answer may be the bare page for a list of a deleted company. */
export function isBarePage(status: number, path: string, body: Buffer): boolean {
  return status === 404 && BARE_PAGE_PATHS.test(path) && parseJson(body) === undefined
}

/** Members beside a list's records: every list of Intercom's has at least one of them. */
const BESIDE_A_LIST = ['pages', 'total_count', 'scroll_param', 'id']

/**
 * Whether an answer that has an array at the right place is really Intercom's list: `{"data": []}` could be anybody's.
 *
 * @param beside reads a member beside the list, or beside the object that holds the list
 */
export function isOwnList(beside: (name: string) => unknown): boolean {
  const type = beside('type')
  if (type === undefined) return BESIDE_A_LIST.some((name) => beside(name) !== undefined)
  return typeof type === 'string' && /(^|\.)list$|^(article|conversation|event\.summary|ticket)$/.test(type)
}

/** Whether a body is not JSON at all. A body that begins like JSON may be Intercom's, damaged on its way. */
export function isPage(body: Buffer): boolean {
  return !/^\s*[{[]/.test(body.toString('latin1', 0, 100))
}
