import { type ExitCode, exitCodes } from '../../command-line/exit-code.ts'
import { UsageError } from '../../command-line/usage-error.ts'
import { mayPass } from '../../connector/bridge/service/service-failures.ts'
import { type InputPaths, nameFiles } from '../../connector/input-files.ts'
import type { ErrorCode } from '../../error-table.ts'
import { CodedError } from '../../errors.ts'

/** What members of the bridge's config, and parameters of the API, are called here. */
const names: Readonly<Record<string, string>> = {
  service_url: '--url',
  service_api_key: 'INTERCOM_SYNC_API_KEY',
  connection_id: '--connection',
  allow_insecure_http: '--allow-insecure-http',
  'put the connection with resetState=true': 'use "connections authenticate" with --reset-state',
}

const usageCodes: readonly ErrorCode[] = ['invalid_request', 'malformed_json']
const awayCodes: readonly ErrorCode[] = ['service_unavailable', 'no_worker']

/** How a command ends that could not do what it was asked for; undefined for an error that nobody foresaw. */
export function describeFailure(error: unknown, paths: InputPaths): { text: string; exitCode: ExitCode } | undefined {
  if (error instanceof UsageError) return { text: error.message, exitCode: exitCodes.usage }
  if (!(error instanceof CodedError)) return undefined
  return { text: textOf(error, paths), exitCode: exitCodeOf(error) }
}

function exitCodeOf(error: CodedError): ExitCode {
  if (usageCodes.includes(error.code)) return exitCodes.usage
  return awayCodes.includes(error.code) || mayPass(error) ? exitCodes.unavailable : exitCodes.failed
}

function textOf(error: CodedError, paths: InputPaths): string {
  if (error.code === 'connection_not_found') return 'there is no such connection, or it is not for this API key'
  if (error.code === 'service_unavailable')
    return `${error.message}; if it is elsewhere, say so by --url or INTERCOM_SYNC_URL`
  const faults = error.faults.map(({ pointer, detail }) => ({
    pointer: names[pointer.replace(/^\/config\//, '')] ?? pointer,
    detail: inWords(detail),
  }))
  const named = nameFiles(new CodedError(error.code, inWords(error.message), { faults }), paths)
  return named instanceof CodedError ? named.message : error.message
}

function inWords(text: string): string {
  return Object.entries(names).reduce((words, [member, name]) => words.replaceAll(member, name), text)
}
