import { serviceRoot } from '../routing/service-root.ts'
import { session } from './session.ts'

/** A call as a line for a shell. */
export interface CurlCall {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the root of the service, e.g. `v1/jobs/5`. */
  path: string
  body?: unknown
  accept?: string
  /** Where curl writes what comes. @defaultValue to the terminal */
  output?: string
}

/** The key itself is never shown: the line takes it from the environment. */
export function curlLine({ method = 'GET', path, body, accept, output }: CurlCall): string {
  const parts = ['curl --fail-with-body -sS']
  if (method !== 'GET' && !(method === 'POST' && body !== undefined)) parts.push(`-X ${method}`)
  parts.push(quote(new URL(path, serviceRoot).href))
  if (session.apiKey !== undefined) parts.push('-H "Authorization: Bearer $API_KEY"')
  if (accept !== undefined) parts.push(`-H ${quote(`Accept: ${accept}`)}`)
  if (body !== undefined) parts.push(`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(body))}`)
  if (output !== undefined) parts.push(`-o ${quote(output)}`)
  return parts.join(' \\\n  ')
}

/** As one word of a POSIX shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
