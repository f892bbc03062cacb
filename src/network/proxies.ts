import { CodedError } from '../errors.ts'
import { isExempt } from './no-proxy.ts'

/** An HTTP proxy. */
export interface HttpProxy {
  /** `https:` = the proxy itself is spoken to by TLS. */
  protocol: 'http:' | 'https:'
  /** Without brackets. */
  hostname: string
  port: number
  /** How errors name it: its address without credentials, and the variable that sets it. */
  place: string
  /** The variable that sets it. */
  variable: string
  credentials?: ProxyCredentials
}

interface ProxyCredentials {
  /** For `Proxy-Authorization`. */
  authorization: string
  password: string
}

/** Which proxy leads to which address. A closure, so that no credentials show when it is printed. */
export interface Proxies {
  /** The proxy for an address; undefined = directly. @throws CodedError `invalid_request` when its variable is wrong */
  proxyFor(url: URL): HttpProxy | undefined
  /** What is wrong with the variables that are in force. Each names its variable and the fix. */
  faults(): string[]
}

/** No proxies at all. */
export const noProxies: Proxies = { proxyFor: () => undefined, faults: () => [] }

type Environment = Readonly<Record<string, string | undefined>>

/** The order in which curl looks. It leaves out `HTTP_PROXY`, which a web server may set from a header `Proxy`. */
const variablesOf: Readonly<Record<string, readonly string[]>> = {
  'http:': ['http_proxy', 'all_proxy', 'ALL_PROXY'],
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
}
/** The ports of proxies that name none, as curl has them. */
const usualPorts = { 'http:': 1080, 'https:': 443 }

/** The proxies that the environment names, by curl's rules. An empty variable counts as not set. */
export function readProxies(environment: Environment): Proxies {
  const noProxy = environment.no_proxy || environment.NO_PROXY || ''
  const variableFor = (protocol: string) => variablesOf[protocol]?.find((name) => environment[name]?.trim())
  const read = (variable: string) => readProxy(variable, environment[variable]?.trim() ?? '')
  return {
    proxyFor({ protocol, hostname }) {
      const variable = isExempt(hostname, noProxy) ? undefined : variableFor(protocol)
      return variable === undefined ? undefined : read(variable)
    },
    faults() {
      const secure = variableFor('https:')
      const plain = variableFor('http:')
      // Many set ALL_PROXY beside HTTPS_PROXY. Plain http, all that ALL_PROXY is left for then, may never be asked.
      const isOfUse = secure === undefined || plain === 'http_proxy'
      const used = noProxy === '*' ? [] : [secure, ...(isOfUse ? [plain] : [])]
      return [...new Set(used)].flatMap((variable) => (variable === undefined ? [] : faultsOf(() => read(variable))))
    },
  }
}

function faultsOf(read: () => unknown): string[] {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof CodedError) return [error.message]
    throw error
  }
}

/** Scheme, user and password, host, port. What follows the port has no meaning. */
const proxyForm =
  /^([a-z][a-z0-9+.-]*):\/\/(?:([^@/?#]*)@)?(\[[0-9a-f:.]+\]|[^:@/?#[\]\s]+)(?::(\d*))?(?:[/?#][^@]*)?$/i

/** @throws CodedError `invalid_request`; it does not show the value, because it may hold a password */
function readProxy(variable: string, value: string): HttpProxy {
  const address = value.includes('://') ? value : `http://${value}`
  const [, scheme = '', user, host = '', port = ''] = address.match(proxyForm) ?? []
  const protocol = `${scheme.toLowerCase()}:`
  if (/^socks/i.test(value)) throw fault(variable, 'names a SOCKS proxy, and only HTTP proxies can be used')
  if (host === '' || !URL.canParse(`http://${host}`) || Number(port || 1) > 65_535 || Number(port || 1) < 1)
    throw fault(variable, 'is not the address of a proxy')
  if (protocol !== 'http:' && protocol !== 'https:')
    throw fault(variable, 'names a proxy with another scheme than http and https')
  const { hostname } = new URL(`http://${host}`)
  const number = Number(port || usualPorts[protocol])
  return {
    protocol,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: number,
    place: `${protocol}//${hostname}:${number} (${variable})`,
    variable,
    ...(user !== undefined && { credentials: readCredentials(user) }),
  }
}

function fault(variable: string, what: string): CodedError {
  const form = 'http://host:port or http://user:password@host:port, with @ and / of a password as %40 and %2F'
  return new CodedError('invalid_request', `${variable} ${what}; set ${form}, or unset it`)
}

function readCredentials(text: string): ProxyCredentials {
  const [, user = '', password = ''] = text.match(/^([^:]*):?(.*)$/s) ?? []
  const plain = Buffer.concat([decode(user), Buffer.from(':'), decode(password)])
  return { authorization: `Basic ${plain.toString('base64')}`, password: decode(password).toString() }
}

/** Per cent encoding, undone as curl does it: a `%` without two digits stays. */
function decode(text: string): Buffer {
  const parts = text.split(/%([0-9a-f]{2})/i)
  return Buffer.concat(parts.map((part, place) => Buffer.from(part, place % 2 === 1 ? 'hex' : 'utf8')))
}
