/**
 * How long a start waits for it to pass: not at all; a few seconds, as for a server that is being started beside us; or
 * as long as a server may take to read its data.
 */
export type StartWait = 'none' | 'brief' | 'long'

/** A Redis that this service cannot use as it is. The message names the variable and the fix. */
export class RedisRefusal extends Error {
  override name = 'RedisRefusal'
  readonly patience: StartWait
  /** For callers of the API, who need not know where Redis is. */
  readonly summary: string

  constructor(
    message: string,
    patience: StartWait = 'none',
    summary = 'Redis is no longer as this service needs it: its log says what is wrong',
  ) {
    super(message)
    this.patience = patience
    this.summary = summary
  }
}

/** Of whom an error is, in the words of the operator. */
export interface AskedRedis {
  /** For example `the Redis at redis://127.0.0.1:6379`. */
  where: string
  /** The variable that says where it is. */
  variable: string
  /** The variable with its password. */
  passwordVariable: string
  isTls: boolean
}

type Explanation = [said: RegExp, patience: StartWait, what: string | ((asked: AskedRedis) => string)]

/** What errors of Redis and of sockets mean: by their text, or by their code where they have one. */
const explanations: readonly Explanation[] = [
  [
    /^WRONGPASS\b|invalid password/,
    'none',
    ({ passwordVariable }) =>
      `refuses the user or the password. Set those in ${passwordVariable} that Redis knows; special characters of a URL have to be percent-encoded`,
  ],
  [/^NOAUTH\b/, 'none', ({ passwordVariable }) => `asks for a password. Put it into ${passwordVariable}`],
  [/max number of clients/, 'brief', 'has no room for another connection. Raise its maxclients'],
  [
    /^(MOVED|ASK|CROSSSLOT|CLUSTERDOWN)\b|not allowed in cluster mode/,
    'none',
    'is a Redis Cluster, which is not supported. Use one primary, or Sentinel',
  ],
  [/^READONLY\b/, 'brief', 'is a replica, which takes no writes. The address must lead to the primary'],
  [/^OOM\b/, 'long', 'is full: it takes no writes. Raise its maxmemory, or remove what others keep there'],
  [/^MISCONF\b/, 'long', 'cannot write to its disk, and takes no writes until it can. See its log'],
  [/^LOADING\b/, 'long', 'is still reading its data'],
  [/^(MASTERDOWN|NOREPLICAS)\b/, 'long', 'has lost other servers that it needs. See its log'],
  [/^BUSY\b/, 'long', 'is busy with a script of somebody'],
  [
    /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/,
    'none',
    'has a certificate of an authority that this machine does not know. Put the certificate of the authority into a file, and its path into REDIS_TLS_CA_FILE',
  ],
  [/CERT_HAS_EXPIRED/, 'none', 'has a certificate that has expired. Renew it'],
  [/CERT_NOT_YET_VALID/, 'none', 'has a certificate that is not valid yet. Check the clocks'],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    'none',
    'has a certificate for other names. Use one of these as the host, or set it as REDIS_TLS_SERVER_NAME',
  ],
  [
    /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/,
    'none',
    'asks this service for a certificate. Set REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE',
  ],
  [
    /UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED/,
    'none',
    'does not accept the certificate in REDIS_TLS_CERT_FILE',
  ],
  [
    /WRONG_VERSION_NUMBER|ERR_SSL|EPROTO/,
    'none',
    ({ variable }) => `does not speak TLS on this port. Start ${variable} with redis://, or name its TLS port`,
  ],
  [
    /Protocol error, got|Unknown RESP type/,
    'none',
    ({ variable }) => `does not answer as Redis does. If the port is for TLS, start ${variable} with rediss://`,
  ],
  [/ECONNREFUSED/, 'brief', 'is not there: nothing listens on this port. Is it running?'],
  [
    /ENOTFOUND|EAI_AGAIN/,
    'brief',
    ({ variable }) => `has a host name that nobody knows. Check the name in ${variable}`,
  ],
  [/EHOSTUNREACH|ENETUNREACH/, 'brief', 'cannot be reached from this machine'],
  [
    /ECONNRESET|EPIPE|Connection is closed/,
    'brief',
    ({ isTls, variable }) =>
      isTls
        ? `closes the connection without an answer. If the port is not for TLS, start ${variable} with redis://`
        : `closes the connection without an answer. If the port is for TLS, start ${variable} with rediss://`,
  ],
]

const unknownError: Explanation = [/^/, 'none', 'cannot be used']

/** The refusal that an error of Redis, or of the connection to it, stands for. */
export function explain(error: unknown, asked: AskedRedis): RedisRefusal {
  if (error instanceof RedisRefusal) return error
  const { where, variable, isTls } = asked
  const said = textOf(error)
  // A server without TLS waits for the end of a line that a TLS handshake may not have.
  if (/ETIMEDOUT|timed out/i.test(said)) {
    return isTls
      ? new RedisRefusal(`${variable}: ${where} does not answer over TLS. Is the port for TLS?`, 'brief')
      : new RedisRefusal(`${variable}: ${where} does not answer. Is it running, and reachable?`, 'long')
  }
  const [, patience, what] = explanations.find(([pattern]) => pattern.test(said)) ?? unknownError
  return new RedisRefusal(`${variable}: ${where} ${typeof what === 'string' ? what : what(asked)} (${said})`, patience)
}

/** Errors of sockets and of TLS tell their kind by their code. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code = '', cert } = error as Error & { code?: string; cert?: { subjectaltname?: string } }
  // The names in a certificate that is for other names.
  const names = cert?.subjectaltname === undefined ? '' : `; its names: ${cert.subjectaltname}`
  return code === '' || error.message.includes(code) ? error.message + names : `${code}: ${error.message}${names}`
}
