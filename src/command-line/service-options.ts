/** Options of every command that asks a service. */
export const serviceOptions = {
  url: { value: 'URL', summary: 'the service; else INTERCOM_SYNC_URL, the one of DATA_DIR, http://127.0.0.1:8080' },
  'allow-insecure-http': { summary: 'reach it by plain http beyond this machine' },
  json: { summary: 'print JSON, for programs' },
} as const
const { json: _, ...withoutJson } = serviceOptions
/** The same for commands that print messages, which are JSON already. */
export const serviceOptionsOfMessages = withoutJson

export const epoch = { value: 'EPOCH', summary: "the job's logEpoch: refuse another job that has got its id" } as const

/** Environment variables of these commands, and of those that show progress. */
export const clientVariables = [
  'INTERCOM_SYNC_URL',
  'INTERCOM_SYNC_API_KEY',
  'DATA_DIR',
  'HTTPS_PROXY',
  'NODE_EXTRA_CA_CERTS',
] as const
export const watchVariables = [...clientVariables, 'NO_COLOR'] as const

export const unchecked = { summary: 'do not ask Intercom first whether it accepts the token' } as const
export const references = `Texts in the file may hold \${NAME} (environment) and \${file:PATH} (a file's text).`
export const outcome = 'exit code is that of the job: 0 succeeded, 1 failed, 3 cancelled; 4 when the service is away.'
