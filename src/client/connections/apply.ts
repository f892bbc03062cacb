import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { exitCodes } from '../../command-line/exit-code.ts'
import { nameOf, readText } from '../../connector/input-files.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand } from '../service/command.ts'
import { openService, type Service } from '../service/service.ts'
import { type DeclaredConnection, fault, readConnectionsFile } from './connections-file.ts'

/** Puts every connection of a file, one after the other. Nothing is put when the file has a fault. */
export const applyConnections: ClientCommand<'connections apply'> = async (context) => {
  const { options, operands, output, note, settings, signal } = context
  const [path = ''] = operands
  const name = nameOf(path)
  // Files are named as seen from the one that names them.
  const folder = path === name ? dirname(path) : '.'
  const declared = await readConnectionsFile(name, await readText('FILE', path, signal), {
    variable: settings.variable,
    file: (other) => readFile(resolve(folder, other), 'utf8'),
  })
  const service = await openService(context)
  const applied: object[] = []
  for (const connection of declared) {
    const { connectionId } = connection
    const { change, warnings, secrets } = await put(connection, service, name)
    applied.push({ connectionId, change, warnings, ...(secrets.length > 0 && { secrets }) })
    if (!options.json) {
      await output.write(`${connectionId}: ${change}\n`)
      for (const { url, secret } of secrets)
        await output.write(`${connectionId}: the secret of ${url} is ${secret}; it is shown this once\n`)
    }
    for (const warning of warnings) note(`${connectionId}: ${warning}`)
  }
  if (options.json) await output.write(`${JSON.stringify(applied)}\n`)
  return exitCodes.done
}

interface Applied {
  /** `created`, `changed`, `unchanged`; `put` from a service of a version that does not tell. */
  change: string
  /** What its jobs will stumble over, for people. */
  warnings: string[]
  /** Secrets of webhooks that the service has made just now, and shows this once. */
  secrets: { url: string; secret: string }[]
}

async function put({ connectionId, body }: DeclaredConnection, service: Service, file: string): Promise<Applied> {
  const path = `/v1/connections/${encodeURIComponent(connectionId)}`
  try {
    const { headers, value } = await service.ask({ method: 'PUT', path, body })
    return { change: headers.get('connection-change') ?? 'put', warnings: warningsIn(value), secrets: secretsIn(value) }
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'invalid_request' || error.faults.length === 0) throw error
    // A fault of the id itself names a parameter, which is no pointer.
    const placeOf = (pointer: string) => (pointer.startsWith('/') ? pointer : '')
    throw fault(
      file,
      error.faults.map(({ pointer, detail }) => ({
        pointer: `/connections/${connectionId}${placeOf(pointer)}`,
        detail,
      })),
    )
  }
}

/** None in the answer of a version that does not tell. */
function warningsIn(value: unknown): string[] {
  return isObject(value) && Array.isArray(value.warnings) ? value.warnings.map(String) : []
}

function secretsIn(value: unknown): Applied['secrets'] {
  const webhooks = isObject(value) && Array.isArray(value.webhooks) ? value.webhooks : []
  return webhooks.filter(isObject).flatMap(({ url, secret }) => {
    const isShown = typeof secret === 'string' && secret.startsWith('whsec_')
    return isShown ? [{ url: String(url), secret }] : []
  })
}
