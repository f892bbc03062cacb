import { serviceRoot } from '../routing/service-root.ts'
import { session } from './session.ts'

/** A call as a line for a shell. */
export interface CurlCall {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the root of the service, e.g. `v1/jobs/5`. */
  path: string
  body?: unknown
  headers?: Readonly<Record<string, string>>
  accept?: string
  /** Where curl writes what comes. @defaultValue to the terminal */
  output?: string
}

/** Secrets stand in no line. In their place stands what takes them from the environment. */
export const shellSecrets = { token: '$INTERCOM_ACCESS_TOKEN', webhook: '$WEBHOOK_SECRET' } as const

/** The key itself is never shown: the line takes it from the environment. */
export function curlLine({ method = 'GET', path, body, accept, headers = {}, output }: CurlCall): string {
  const parts = ['curl --fail-with-body -sS']
  if (method !== 'GET' && !(method === 'POST' && body !== undefined)) parts.push(`-X ${method}`)
  parts.push(quote(new URL(path, serviceRoot).href))
  if (session.apiKey !== undefined) parts.push('-H "Authorization: Bearer $API_KEY"')
  if (accept !== undefined) parts.push(`-H ${quote(`Accept: ${accept}`)}`)
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quote(`${name}: ${value}`)}`)
  if (body !== undefined)
    parts.push(`-H 'Content-Type: application/json'`, `-d ${withSecrets(quote(JSON.stringify(body)))}`)
  if (output !== undefined) parts.push(`-o ${quote(output)}`)
  return parts.join(' \\\n  ')
}

/** Where a string of the body is the name of a secret, the shell puts the secret there. */
function withSecrets(quoted: string): string {
  return Object.values(shellSecrets).reduce((text, name) => text.replaceAll(`"${name}"`, `"'"${name}"'"`), quoted)
}

/** As one word of a POSIX shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
