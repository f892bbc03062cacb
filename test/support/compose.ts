import { parse } from 'yaml'

/** The members of a service in docker-compose.yml that we use. */
export interface ComposeService {
  build?: { context: string; target: string }
  command?: string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  profiles?: string[]
  read_only?: boolean
  deploy?: { replicas: number }
}

interface ComposeFile {
  services: Record<string, ComposeService>
  volumes: Record<string, unknown>
}

export function parseCompose(text: string): ComposeFile {
  return parse(text, { merge: true }) as ComposeFile
}

/**
 * A service's environment with its variables filled in, as compose does it: `${NAME:-default}` and `${NAME:?message}`.
 *
 * @throws Error with the file's own message when a required variable is missing
 */
export function environmentOf(service: ComposeService, given: Record<string, string>): Record<string, string> {
  const put = (value: string) =>
    value.replace(/\$\{([A-Z_]+):([-?])([^}]*)\}/g, (_, name: string, kind: string, text: string) => {
      if (!given[name] && kind === '?') throw new Error(`${name}: ${text}`)
      return given[name] || text
    })
  return Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, put(value)]))
}

/** The lines of a .env file. */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '')
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}
