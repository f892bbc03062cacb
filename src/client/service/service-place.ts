import { readServiceAccess, type ServiceAccess } from '../../connector/bridge/service/service-access.ts'
import type { CommandSettings } from './settings.ts'

/** What the command line says about the service. */
export interface ServiceOptions {
  url?: string
  'allow-insecure-http'?: boolean
}

const usualAddress = 'http://127.0.0.1:8080'

/**
 * Where the service is: as the command line says, else the environment, else where the service of `DATA_DIR` listens,
 * else where a service listens that was told nothing.
 *
 * @throws CodedError `invalid_request`
 */
export async function findService(options: ServiceOptions, settings: CommandSettings): Promise<ServiceAccess> {
  const named = options.url ?? settings.url
  const own = named === undefined ? await addressIn(settings.dataDir) : undefined
  const access = readServiceAccess({
    service_url: named ?? own ?? usualAddress,
    service_api_key: settings.apiKey,
    // The service of DATA_DIR is on this machine, whatever its address.
    allow_insecure_http: own !== undefined || options['allow-insecure-http'],
  })
  return { ...access, place: access.address }
}

/**
 * A file may have been left behind by a service that was killed. Another program may listen there by now. The reader of
 * the file is loaded here, because its schemas take longer to load than everything else.
 */
async function addressIn(dataDir: string): Promise<string | undefined> {
  const { isAlive, readServiceFile } = await import('../../stored/service-file.ts')
  const file = await readServiceFile(dataDir)
  return file && (await isAlive(file)) ? file.url : undefined
}
