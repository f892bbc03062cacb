import type { FastifyReply } from 'fastify'
import { CodedError } from '../../errors.ts'

/**
 * Whether a body for this request cannot come in chunks. Then nothing marks its end but its length, or the end of the
 * connection, and the system closes that of a killed process as if all had been said. Node sends chunks to 1.1 only.
 */
export function speaksOldHttp({ httpVersion }: { httpVersion: string }): boolean {
  return httpVersion !== '1.1'
}

/**
 * Refuses to follow a job over such HTTP: nobody knows the length of what is still to come.
 *
 * @throws CodedError `http_version_too_old`
 */
export function refuseOldHttp(reply: FastifyReply): void {
  const { httpVersion } = reply.request.raw
  if (!speaksOldHttp({ httpVersion })) return
  // RFC 9110 §7.8: who sends Upgrade names it in Connection, too.
  reply.header('Upgrade', 'HTTP/1.1').header('Connection', 'upgrade, close')
  throw new CodedError(
    'http_version_too_old',
    `The request came as HTTP/${httpVersion}, in which a message stream that breaks off looks like a whole one. Ask with ` +
      'HTTP/1.1; if a proxy asks for you, tell it to: in nginx, set "proxy_http_version 1.1;" and ' +
      '"proxy_set_header Connection \\"\\";" beside proxy_pass. Without it, read the messages of a job that has ended, or ' +
      'with follow=false',
  )
}
