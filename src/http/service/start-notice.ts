/** Information for somebody who has just started the service. */
interface StartNotice {
  /** Where the API listens, e.g. `http://127.0.0.1:8080`. */
  address: string
  /** Where callers find it, if a proxy is in front. */
  publicUrl?: string | undefined
  /** Whether calls under `/v1` must carry an API key. */
  needsKey: boolean
  /** Whether people can sign in at Intercom. */
  signsIn: boolean
  /** Describes in words where jobs and messages are stored. */
  storage: string
}

/** A few lines for people; programs read the first one, which does not change. */
export function startNotice({ address, publicUrl = address, needsKey, signsIn, storage }: StartNotice): string {
  const call = [
    `curl -sS --fail-with-body ${address}/v1/check`,
    ...(needsKey ? [`-H 'Authorization: Bearer YOUR_API_KEY'`] : []),
    `-H 'Content-Type: application/json'`,
    `-d '{"config": {"access_token": "YOUR_INTERCOM_TOKEN"}}'`,
  ]
  const keys = needsKey
    ? 'every call under /v1 needs "Authorization: Bearer <API key>"'
    : 'none needed: only this machine can reach it'
  return [
    `intercom-sync listens on ${address}`,
    `  page  ${publicUrl}/   set up a source and watch it, in a browser`,
    `  docs  ${publicUrl}/docs`,
    `  keys  ${keys}`,
    `  data  ${storage}`,
    ...(signsIn ? ['  sign  intercom-sync connections authenticate NAME   signs in at Intercom, and connects'] : []),
    `  try   ${call.join(' \\\n          ')}`,
    '',
  ].join('\n')
}
