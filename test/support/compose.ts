import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { runShell, type Teardown } from './processes.ts'

/** The members of a service in docker-compose.yml that we use. */
export interface ComposeService {
  build?: { context: string; target: string }
  command?: string[]
  environment?: Record<string, string>
  secrets?: string[]
  ports?: string[]
  volumes?: string[]
  profiles?: string[]
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  image?: string
  healthcheck?: { test: string[] }
  deploy?: { replicas?: number; resources?: { limits: { memory: string } } }
}

interface ComposeFile {
  services: Record<string, ComposeService>
  secrets: Record<string, { file: string }>
  volumes: Record<string, unknown>
}

export function parseCompose(text: string): ComposeFile {
  return parse(text, { merge: true }) as ComposeFile
}

/** A service's environment with its variables filled in, as compose does it: `${NAME:-default}`. */
export function environmentOf(service: ComposeService, given: Record<string, string>): Record<string, string> {
  const put = (value: string) =>
    value.replace(/\$\{([A-Z_]+):-([^}]*)\}/g, (_, name: string, text: string) => given[name] || text)
  return Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, put(value)]))
}

/** The lines of a .env file. */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '')
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

/** The secrets of a service: where it finds each in its container, and the file of this machine. */
export function secretsOf({ secrets }: ComposeFile, service: ComposeService, folder: string): Record<string, string> {
  const fileOf = (name: string) => join(folder, secrets[name]?.file ?? '')
  return Object.fromEntries((service.secrets ?? []).map((name) => [`/run/secrets/${name}`, fileOf(name)]))
}

/** A folder with the files of secrets, made with the lines of docs/operations.md. */
export async function makeSecrets(t: Teardown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-compose-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const operations = await readFile('docs/operations.md', 'utf8')
  const [, block = ''] = /```sh\n(mkdir -m 700 secrets\n.*?)```/s.exec(operations) ?? []
  await runShell(t, `cd ${folder}\n${block}`)
  return folder
}
