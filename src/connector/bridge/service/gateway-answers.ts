import { CodedError } from '../../../errors.ts'

/** What stands between here and the service answers with a status of its own: a proxy, a gateway, a firewall. */
interface GatewayAnswer {
  /** What it usually means. */
  means: string
  /** What to do about it. */
  remedy: string
  /** It passes by itself, so the same request is sent again for a while. */
  passes?: true
}

const mayPass = { passes: true } as const

/** By status. Others of the 5xx are tried again, and others of the 4xx are not. */
const gatewayAnswers: Readonly<Record<number, GatewayAnswer>> = {
  400: {
    means: 'it does not understand the request',
    remedy: 'look whether the port speaks https where the address says http, or the other way round',
  },
  401: {
    means: 'it asks for a login of its own',
    remedy: 'let the path of the service pass without that login, or give an address that leads past it',
  },
  403: {
    means: 'a rule of its own forbids the request',
    remedy: 'allow requests from this machine to the service there (list of addresses, firewall rules)',
  },
  405: { means: 'it forbids the method', remedy: 'allow GET, POST, PUT and DELETE there' },
  407: {
    means: 'the proxy that this machine goes through asks for a login',
    remedy: 'put user and password into the variable that names the proxy, or the host into NO_PROXY',
  },
  408: { means: 'the request took too long to arrive there', remedy: 'look at the network between', ...mayPass },
  411: { means: 'it wants the length of a body in advance', remedy: 'let it take chunked bodies' },
  413: {
    means: 'the body is larger than it lets pass',
    remedy: 'raise its limit (nginx: client_max_body_size), or name fewer streams in the catalog',
  },
  414: { means: 'the address is longer than it lets pass', remedy: 'raise its limit for addresses' },
  429: { means: 'it limits how many requests it lets pass', remedy: 'raise that limit for the service', ...mayPass },
  431: { means: 'the headers are larger than it lets pass', remedy: 'raise its limit for headers' },
  502: {
    means: 'it cannot reach the service',
    remedy: 'look whether the service runs, and where it listens',
    ...mayPass,
  },
  503: {
    means: 'it has no service to pass the request on to',
    remedy: 'look whether the service runs and is ready (/health/ready)',
    ...mayPass,
  },
  504: {
    means: 'the service did not answer it in time',
    remedy: 'raise its timeout (nginx: proxy_read_timeout), and look whether the service runs',
    ...mayPass,
  },
  511: { means: 'the network asks for a login', remedy: 'log in to the network, or use another one' },
}

/**
 * The error for an answer that the service has not given itself; undefined for one that shows that there is no service
 * behind the address.
 *
 * @param place how the service is named
 */
export function gatewayError(status: number, place: string): CodedError | undefined {
  const { [status]: known } = gatewayAnswers
  if (!known && status < 500) return undefined
  const who = `Something between here and ${place} answered with status ${status}`
  const text = known ? `${who}, which usually means that ${known.means}: ${known.remedy}` : who
  const passes = known ? known.passes : true
  return new CodedError(passes ? 'service_unavailable' : 'gateway_refused', text)
}
