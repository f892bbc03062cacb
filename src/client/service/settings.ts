import { resolve } from 'node:path'
import { type Proxies, readProxies } from '../../network/proxies.ts'

type Environment = Record<string, string | undefined>

/** What the commands that ask a service take from the environment. */
export interface CommandSettings {
  /** Address of the service. */
  url?: string
  apiKey?: string
  /** Absolute. @defaultValue `data` in the working directory */
  dataDir: string
  /** On the way to the service. */
  proxies: Proxies
  /** Any variable, for files that refer to it. */
  variable: (name: string) => string | undefined
}

/** An empty variable counts as not set. */
export function readClientSettings(environment: Environment = process.env): CommandSettings {
  const variable = (name: string) => environment[name]?.trim() || undefined
  const url = variable('INTERCOM_SYNC_URL')
  const apiKey = variable('INTERCOM_SYNC_API_KEY')
  return {
    ...(url && { url }),
    ...(apiKey && { apiKey }),
    dataDir: resolve(variable('DATA_DIR') ?? 'data'),
    proxies: readProxies(environment),
    variable,
  }
}
